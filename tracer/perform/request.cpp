#include "tracer/perform/request.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include "tracer/syscalls/guest_memory.h"

namespace vgpu::tracer {
namespace {

constexpr std::uint64_t kKnownScope = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS |
                                      RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT |
                                      RESOLVE_CACHED;

// Of all calls together: the kernel knows exactly which take which, and looks before it walks.
constexpr int kKnownAtFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_EACCESS |
                              AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC;

// What O_PATH leaves of the other flags; openat2 rejects the rest. Source: open(2), openat2(2).
constexpr int kPathFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool read_open_how(const Call& call, Intent& intent) noexcept {
  open_how how{};
  const std::uint64_t size = call.arg(Arg::size);
  if (size < sizeof how) return false;  // EINVAL. A longer one is E2BIG or as good as ours.
  if (!read_memory(call.tid, call.pointer(Arg::open_how),
                   std::as_writable_bytes(std::span(&how, 1))))
    return false;
  if ((how.resolve & ~kKnownScope) != 0 || how.flags > 0xffffffffU) return false;
  intent.flags = static_cast<int>(how.flags);
  intent.scope = how.resolve;
  return true;
}

}  // namespace

bool Intent::writes(const Call& call) const noexcept {
  return call.def->operation == Operation::open &&
         ((flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_ACCMODE) != O_RDONLY);
}

std::optional<Intent> read_intent(const Call& call) noexcept {
  const bool opens = call.def->operation == Operation::open;
  Intent intent;
  intent.flags = call.def->implied_flags | call.int_arg(opens ? Arg::open_flags : Arg::at_flags);
  if (call.has(Arg::open_how) && !read_open_how(call, intent)) return std::nullopt;
  if (opens) {
    if ((intent.flags & O_PATH) != 0) {
      if (call.has(Arg::open_how) && (intent.flags & ~kPathFlags) != 0) return std::nullopt;
      intent.flags &= kPathFlags;
    }
    const bool exclusive = (intent.flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    intent.follow_last = !exclusive && (intent.flags & O_NOFOLLOW) == 0;
  } else {
    if ((intent.flags & ~kKnownAtFlags) != 0) return std::nullopt;
    intent.follow_last =
        (intent.flags & AT_SYMLINK_NOFOLLOW) == 0 && call.def->operation != Operation::read_link;
  }
  return intent;
}

}  // namespace vgpu::tracer
