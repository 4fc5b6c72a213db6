#include "tracer/vfs/link_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace vgpu::tracer {
namespace {

constexpr std::size_t kLinkSize = 64;

// O_PATH: nothing is opened, no device or pipe notices, and nothing waits for another end.
UniqueFd look(int base, std::string_view text, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(O_PATH | O_CLOEXEC | flags);
  how.resolve = resolve;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, base, text.data(), &how, sizeof how)));
}

// Absolute, and no component is empty, "." or "..".
bool is_canonical(std::string_view text) noexcept {
  return !text.ends_with('/') && !text.ends_with("/.") && !text.ends_with("/..") &&
         text.find("//") == text.npos && text.find("/./") == text.npos &&
         text.find("/../") == text.npos;
}

}  // namespace

UniqueFd LinkProbe::base_of(pid_t tid, int dirfd, bool absolute) const {
  std::array<char, kLinkSize> link{};
  if (absolute)
    fmt::format_to_n(link.data(), link.size() - 1, "/proc/{}/root", tid);
  else if (dirfd == AT_FDCWD)
    fmt::format_to_n(link.data(), link.size() - 1, "/proc/{}/cwd", tid);
  else
    fmt::format_to_n(link.data(), link.size() - 1, "/proc/{}/fd/{}", tid, dirfd);
  return UniqueFd(::open(link.data(), O_PATH | O_CLOEXEC));
}

bool LinkProbe::may_be_ours(std::string_view name) const noexcept {
  // A link to /proc/PID/fd comes before a number, the kernel's other links have names.
  const bool dots_or_number = name.find_first_not_of(".0123456789") == name.npos;
  return dots_or_number || name == "cwd" || name == "root" || name == "exe" ||
         tree_.has_node_named(name);
}

Way LinkProbe::look_along(pid_t tid, int dirfd, std::string_view text, bool follow_last) const {
  const bool absolute = text.starts_with('/');
  // Nobody makes links of his own in there, and what is there means something else to us.
  if (text.starts_with("/proc/"))
    return text.find("/root/") != text.npos ? Way::to_ours : Way::elsewhere;
  if (!absolute && !follow_last && text.find('/') == text.npos) return Way::elsewhere;
  UniqueFd base;
  std::uint64_t resolve = cache_only_ ? RESOLVE_CACHED : 0;
  if (!absolute || !own_root_) {
    base = base_of(tid, dirfd, absolute);
    if (!base) return Way::elsewhere;
    if (absolute) resolve |= RESOLVE_IN_ROOT;
  }
  const int flags = follow_last ? 0 : O_NOFOLLOW;
  if (look(base.get(), text, flags, resolve | RESOLVE_NO_SYMLINKS))
    return absolute && own_root_ && is_canonical(text) ? Way::straight : Way::elsewhere;
  if (errno != ELOOP) return Way::elsewhere;
  const UniqueFd place = look(base.get(), text, flags, resolve);
  if (!place) return errno != EAGAIN ? Way::to_ours : Way::elsewhere;
  struct stat real {};
  const bool replaced = ::fstat(place.get(), &real) == 0 && tree_.replaces(real);
  return replaced ? Way::to_ours : Way::elsewhere;
}

}  // namespace vgpu::tracer
