#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "tracer/perform/perform.h"
#include "tracer/perform/permission.h"
#include "tracer/sys/memfd.h"

namespace vgpu::tracer {
namespace {

int access_of(int flags) noexcept {
  if ((flags & O_PATH) != 0) return 0;
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return R_OK;
    case O_WRONLY:
      return W_OK;
    default:
      return R_OK | W_OK;
  }
}

// What open(2) would say about this node before it opens it. 0: go on.
int refusal(const Node& node, GuestView& guest, int flags) {
  const bool writes = (access_of(flags) & W_OK) != 0 || (flags & O_TRUNC) != 0;
  if ((flags & O_PATH) == 0) {
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return EEXIST;
    if (node.is_directory() && (flags & O_TMPFILE) == O_TMPFILE) return EOPNOTSUPP;
    if (node.is_directory() && (writes || (flags & O_CREAT) != 0)) return EISDIR;
  }
  if (node.is_symlink())
    return (flags & O_DIRECTORY) != 0 ? ENOTDIR : (flags & O_PATH) != 0 ? 0 : ELOOP;
  if (!node.is_directory() && (flags & O_DIRECTORY) != 0) return ENOTDIR;
  if (!may(node, guest, access_of(flags), Whose::effective)) return EACCES;
  const bool writable =
      node.row != nullptr && (node.row->shared_size != 0 || node.row->each_open != nullptr);
  if (node.kind == NodeKind::file && writes && !writable && (flags & O_PATH) == 0) return EACCES;
  return 0;
}

// A real file behind virtual ground ("<virtual directory>/../x"): the kernel would not find it.
// Only regular files and directories, only for reading, and only when the guest is as mighty as
// we are: anything else could block us or give away what is not the guest's.
Reply open_real(const Request& request, int flags) {
  if ((flags & (O_CREAT | O_TRUNC)) != 0 || (access_of(flags) & W_OK) != 0) return Fail{EACCES};
  if (!is_like_us(request.guest)) return Fail{EACCES};
  const UniqueFd place(
      ::open(request.guest.outside(request.place.path).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!place) return Fail{errno};
  struct stat real {};
  if (::fstat(place.get(), &real) != 0) return Fail{errno};
  if (!S_ISREG(real.st_mode) && !S_ISDIR(real.st_mode)) return Fail{EACCES};
  if (!S_ISDIR(real.st_mode) && (flags & O_DIRECTORY) != 0) return Fail{ENOTDIR};
  const auto link = fmt::format("/proc/self/fd/{}", place.get());
  UniqueFd opened(::open(link.c_str(), (flags & O_DIRECTORY) | O_NONBLOCK | O_CLOEXEC));
  if (!opened) return Fail{errno};
  if ((flags & O_NONBLOCK) == 0) ::fcntl(opened.get(), F_SETFL, 0);
  return GiveFd{std::move(opened), (flags & O_CLOEXEC) != 0};
}

}  // namespace

Reply perform_open(const Request& request) {
  const Place& place = request.place;
  const int flags = request.intent.flags;
  if (place.error == ENOENT && place.is_last && (flags & O_CREAT) != 0) return Fail{EACCES};
  if (place.error) return Fail{place.error};
  if (place.node == nullptr) return open_real(request, flags);
  if (const int error = refusal(*place.node, request.guest, flags)) return Fail{error};
  if (place.node->row != nullptr && place.node->row->each_open && (flags & O_PATH) == 0) {
    UniqueFd made = place.node->row->each_open(request.call.tid);
    if (!made) return Fail{ENFILE};
    return GiveFd{std::move(made), (flags & O_CLOEXEC) != 0};
  }
  const bool marked = place.node->kind == NodeKind::device || place.node->is_symlink();
  return GiveFd{request.descriptors.open(*place.node, flags), (flags & O_CLOEXEC) != 0, marked};
}

Reply perform_execute(const Request& request) {
  const Place& place = request.place;
  if (place.error) return Fail{place.error};
  if (place.node == nullptr || place.node->kind != NodeKind::file) return Fail{EACCES};
  if (!may(*place.node, request.guest, X_OK, Whose::effective)) return Fail{EACCES};
  UniqueFd program = request.descriptors.open(*place.node, O_RDONLY);
  std::array<char, 2> start{};
  const ssize_t size = ::pread(program.get(), start.data(), start.size(), 0);
  // An interpreter opens its script through the descriptor.
  const bool script = size == 2 && start[0] == '#' && start[1] == '!';
  const auto path_end = request.call.arg(Arg::path) + request.text.size();
  return Execute{std::move(program), !script, GuestPtr{path_end}};
}

Reply perform_change_directory(const Request& request) {
  const Place& place = request.place;
  if (place.error) return Fail{place.error};
  if (place.node == nullptr) {
    Reply opened = open_real(request, O_DIRECTORY);
    if (auto* directory = std::get_if<GiveFd>(&opened))
      return EnterDirectory{std::move(directory->fd)};
    return opened;
  }
  if (!place.node->is_directory()) return Fail{ENOTDIR};
  if (!may(*place.node, request.guest, X_OK, Whose::effective)) return Fail{EACCES};
  return EnterDirectory{request.descriptors.open(*place.node, O_RDONLY)};
}

}  // namespace vgpu::tracer
