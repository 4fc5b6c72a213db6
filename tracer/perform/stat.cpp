#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <cstring>
#include <span>

#include "tracer/perform/perform.h"
#include "tracer/perform/permission.h"
#include "tracer/syscalls/guest_memory.h"
#include "tracer/vfs/attributes.h"

namespace vgpu::tracer {
namespace {

template <typename T>
Reply give(const Call& call, const T& value) {
  const bool written =
      write_memory(call.tid, call.pointer(Arg::result), std::as_bytes(std::span(&value, 1)));
  return written ? Reply(Return{0}) : Reply(Fail{EFAULT});
}

}  // namespace

// On x86-64 the C library's struct stat is the kernel's. Source: asm/stat.h.
static_assert(sizeof(struct stat) == 144 && sizeof(struct statx) == 256);

Reply perform_stat(const Request& request) {
  const Place& place = request.place;
  if (place.error) return Fail{place.error};
  struct stat result {};
  if (place.node != nullptr) {
    result = attributes_of(*place.node, request.descriptors);
  } else {
    if (!is_like_us(request.guest)) return Fail{EACCES};
    if (::lstat(request.guest.outside(place.path).c_str(), &result) != 0) return Fail{errno};
  }
  const Operation wanted = request.call.def->operation;
  if (wanted == Operation::statx) return give(request.call, to_statx(result));
  if (wanted == Operation::stat64) return give(request.call, to_stat64(result));
  return give(request.call, result);
}

Reply perform_access(const Request& request) {
  const Place& place = request.place;
  const int wanted = request.call.int_arg(Arg::access_mode);
  if ((wanted & ~(R_OK | W_OK | X_OK)) != 0) return Fail{EINVAL};
  if (place.error) return Fail{place.error};
  const bool effective = (request.intent.flags & AT_EACCESS) != 0;
  if (place.node != nullptr) {
    const bool allowed =
        may(*place.node, request.guest, wanted, effective ? Whose::effective : Whose::real);
    return allowed ? Reply(Return{0}) : Reply(Fail{EACCES});
  }
  if (!is_like_us(request.guest)) return Fail{EACCES};
  const std::string path = request.guest.outside(place.path);
  if (::faccessat(AT_FDCWD, path.c_str(), wanted, effective ? AT_EACCESS : 0) != 0)
    return Fail{errno};
  return Return{0};
}

Reply perform_get_xattr(const Request& request) {
  if (request.place.error) return Fail{request.place.error};
  return Fail{ENODATA};
}

Reply perform_list_xattr(const Request& request) {
  if (request.place.error) return Fail{request.place.error};
  return Return{0};
}

Reply perform_stat_fs(const Request& request) {
  if (request.place.error) return Fail{request.place.error};
  // A virtual file is on the file system of the real directory around it.
  std::string path = request.place.path;
  struct statfs result {};
  while (::statfs(request.guest.outside(path).c_str(), &result) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) return Fail{errno};
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) return Fail{ENOENT};
    path.resize(slash);
  }
  return give(request.call, result);
}

}  // namespace vgpu::tracer
