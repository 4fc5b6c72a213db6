#include "tracer/perform/permission.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace vgpu::tracer {
namespace {

constexpr mode_t bits_of(mode_t mode, int shift) { return (mode >> shift) & 7U; }

// Capabilities in a user namespace of the guest's own mean nothing for our files.
bool is_in_our_user_namespace(const GuestView& guest) {
  struct stat here {
  }, there{};
  const auto user_namespace = fmt::format("/proc/{}/ns/user", guest.tid());
  return ::stat("/proc/self/ns/user", &here) == 0 && ::stat(user_namespace.c_str(), &there) == 0 &&
         here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

}  // namespace

bool may(const Node& node, GuestView& guest, int wanted, Whose whose) {
  const auto need = static_cast<mode_t>(wanted);
  const mode_t everybody = bits_of(node.mode, 6) & bits_of(node.mode, 3) & bits_of(node.mode, 0);
  if ((need & ~everybody) == 0) return true;  // the usual case, without asking who it is
  const GuestStatus* status = guest.status();
  if (status == nullptr) return false;
  const bool real = whose == Whose::real;
  const Identity& guest_is = status->identity;
  const uid_t uid = real ? guest_is.uid : guest_is.fsuid;
  const gid_t gid = real ? guest_is.gid : guest_is.fsgid;
  if (uid == 0 && is_in_our_user_namespace(guest))  // root may all but execute what nobody may
    return (need & X_OK) == 0 || node.is_directory() || (node.mode & 0111U) != 0;
  const uid_t owner = node.row != nullptr ? node.row->uid : 0;
  const gid_t group = node.row != nullptr ? node.row->gid : 0;
  if (uid == owner) return (need & ~bits_of(node.mode, 6)) == 0;
  const bool in_group = gid == group || std::ranges::count(guest_is.groups, group) > 0;
  return (need & ~bits_of(node.mode, in_group ? 3 : 0)) == 0;
}

bool is_like_us(GuestView& guest) {
  const GuestStatus* status = guest.status();
  const auto ours = read_guest_status(::getpid());
  return status != nullptr && ours && status->identity == ours->identity &&
         is_in_our_user_namespace(guest);
}

}  // namespace vgpu::tracer
