#include "tracer/sys/pidfd.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "tracer/sys/errors.h"

namespace vgpu::tracer {

UniqueFd open_pidfd(pid_t pid) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0 && errno == ESRCH) return {};
  return UniqueFd(static_cast<int>(check_sys(fd, "pidfd_open {}", pid)));
}

UniqueFd copy_fd(const UniqueFd& pidfd, int number) noexcept {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), number, 0)));
}

}  // namespace vgpu::tracer
