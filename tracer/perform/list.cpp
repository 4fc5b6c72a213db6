#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tracer/perform/dirent.h"
#include "tracer/perform/perform.h"
#include "tracer/sys/pidfd.h"
#include "tracer/syscalls/guest_memory.h"

namespace vgpu::tracer {
namespace {

constexpr std::size_t kMost = 1 << 16;     // a guest may offer more room than we care to fill
constexpr off_t kPastTheEnd = 0x7fffffff;  // the largest that every file system takes

// What stands for the guest's descriptor while it is read. Its own open description where we may
// have that, so that its offset moves as the guest expects.
struct Directory {
  UniqueFd fd;
  bool is_guests = true;  // false: one of ours, at the same place, where the guest's must follow it
};

UniqueFd copy_of_guests(const Call& call, GuestView& guest) {
  const GuestStatus* status = guest.status();
  if (status == nullptr) return {};
  const UniqueFd process = open_pidfd(status->tgid);
  return process ? copy_fd(process, call.int_arg(Arg::fd)) : UniqueFd();
}

// Source: proc(5), /proc/pid/fdinfo.
std::optional<off_t> offset_of(pid_t tid, int fd) {
  std::ifstream info(fmt::format("/proc/{}/fdinfo/{}", tid, fd));
  std::string key;
  off_t offset = 0;
  if (!(info >> key >> offset) || key != "pos:") return std::nullopt;
  return offset;
}

Directory open_directory(const Call& call, GuestView& guest) {
  Directory directory{copy_of_guests(call, guest)};
  if (directory.fd) return directory;
  const int number = call.int_arg(Arg::fd);
  const auto offset = offset_of(call.tid, number);
  const auto link = fmt::format("/proc/{}/fd/{}", call.tid, number);
  UniqueFd ours(::open(link.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
  if (offset && ours && ::lseek(ours.get(), *offset, SEEK_SET) == *offset)
    directory = {std::move(ours), false};
  return directory;
}

// The guest's descriptor goes on where ours has got to.
Reply let_follow(const Call& call, int ours, Reply reply) {
  const auto* told = std::get_if<Return>(&reply);
  if (told == nullptr) return reply;
  const off_t offset = ::lseek(ours, 0, SEEK_CUR);
  if (offset < 0) return Fail{errno};
  if (call.abi == Abi::i386 && offset > kPastTheEnd) return Fail{EOVERFLOW};
  return ReturnAndSeek{told->value, call.int_arg(Arg::fd), offset};
}

std::vector<Dirent> entries_of(const Node& directory) {
  std::vector<Dirent> entries;
  for (const Node* child : directory.children)
    if (child->kind != NodeKind::absent) entries.push_back(dirent_of(*child));
  return entries;
}

// A directory that has no real side: the offset counts its entries. `..` and the order are those
// of every file system.
std::vector<Dirent> wholly_virtual(const Tree& tree, const Node& directory) {
  const Node* parent = tree.find(directory.path.substr(0, directory.path.rfind('/')));
  std::vector<Dirent> entries;
  entries.push_back({directory.ino, DT_DIR, "."});
  entries.push_back({parent != nullptr ? parent->ino : directory.ino, DT_DIR, ".."});
  std::ranges::copy(entries_of(directory), std::back_inserter(entries));
  return entries;
}

Reply list_virtual(const Call& call, int fd, const Tree& tree, const Node& directory,
                   DirentWriter& writer) {
  const std::vector<Dirent> entries = wholly_virtual(tree, directory);
  const off_t offset = ::lseek(fd, 0, SEEK_CUR);
  if (offset < 0) return Fail{errno};
  auto next = static_cast<std::size_t>(offset);
  const bool any = next < entries.size();
  while (next < entries.size() && writer.add(entries[next], static_cast<off_t>(next + 1))) ++next;
  if (writer.bytes().empty() && any) return Fail{EINVAL};  // not even one fits
  if (::lseek(fd, static_cast<off_t>(next), SEEK_SET) < 0) return Fail{errno};
  if (!write_memory(call.tid, call.pointer(Arg::result), writer.bytes())) return Fail{EFAULT};
  return Return{static_cast<std::int64_t>(writer.bytes().size())};
}

bool hidden(const Node& directory, std::string_view name) {
  return std::ranges::any_of(directory.children,
                             [&](const Node* child) { return child->name() == name; });
}

// The entries of ours come with the first of the real ones, so the offset, which the kernel keeps
// and forks, dups and rewinds with the description, says whether they are still to come.
Reply list_merged(const Call& call, int fd, const Node& directory, DirentWriter& writer) {
  const off_t before = ::lseek(fd, 0, SEEK_CUR);
  if (before < 0) return Pass{};
  const std::vector<Dirent> ours = before == 0 ? entries_of(directory) : std::vector<Dirent>();
  const std::size_t reserved = writer.size_of(ours);
  if (reserved >= writer.room()) return Fail{EINVAL};
  std::vector<std::byte> real(writer.room() - reserved);
  for (;;) {
    const long size = ::syscall(SYS_getdents64, fd, real.data(), real.size());
    if (size < 0) return Fail{errno};
    off_t offset = 0;
    for (const Dirent& entry :
         parse_dirents(std::span(real).first(static_cast<std::size_t>(size)))) {
      offset = entry.offset;
      if (!hidden(directory, entry.name)) writer.add(entry, entry.offset);
    }
    // Some file systems list an empty directory as nothing at all, not even ".": its offset stays
    // 0, and without a step beyond it the guest would be told of ours for ever.
    if (size == 0 && !ours.empty() && ::lseek(fd, kPastTheEnd, SEEK_SET) < 0) break;
    // Seeking back to where ours were told leads to what follows: nothing comes twice.
    for (const Dirent& entry : ours) writer.add(entry, offset);
    if (size == 0 || !writer.bytes().empty()) break;
  }
  if (!write_memory(call.tid, call.pointer(Arg::result), writer.bytes())) return Fail{EFAULT};
  return Return{static_cast<std::int64_t>(writer.bytes().size())};
}

const Node* find_directory(const Call& call, GuestView& guest, const Tree& tree, bool by_any_name) {
  PathBuffer room;
  const std::string_view name = guest.name_of(call.int_arg(Arg::fd), room);
  if (virtual_path_of_link(name) || tree.has_directory_named(name.substr(name.rfind('/') + 1)))
    if (const Node* node = tree.find(guest.meaning_of(std::string(name)))) return node;
  struct stat real {};
  const auto link = fmt::format("/proc/{}/fd/{}", guest.tid(), call.int_arg(Arg::fd));
  return by_any_name && ::stat(link.c_str(), &real) == 0 ? tree.find_directory(real) : nullptr;
}

}  // namespace

Reply perform_list(const Engine& engine, const Call& call, GuestView& guest, const Tree& tree,
                   bool by_any_name) {
  const Node* directory = find_directory(call, guest, tree, by_any_name);
  if (directory == nullptr || !directory->is_directory()) return Pass{};
  if (directory->really_exists && directory->children.empty()) return Pass{};
  const Directory open = open_directory(call, guest);
  if (!open.fd || !engine.still_waiting(call)) return Pass{};
  DirentWriter writer(call.def->operation == Operation::list_old,
                      std::min<std::size_t>(call.arg(Arg::size) & 0xffffffffU, kMost));
  const int fd = open.fd.get();
  Reply reply = directory->is_virtual() ? list_virtual(call, fd, tree, *directory, writer)
                                        : list_merged(call, fd, *directory, writer);
  return open.is_guests ? std::move(reply) : let_follow(call, fd, std::move(reply));
}

}  // namespace vgpu::tracer
