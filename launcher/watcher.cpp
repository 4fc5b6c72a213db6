#include "launcher/watcher.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <exception>

#include "launcher/exit_status.h"
#include "launcher/process_tree.h"

namespace vgpu::launcher {
namespace {

// Descriptors that we keep open would keep a pipe's reader waiting, and our news channel's.
void give_up_descriptors() noexcept {
  ::syscall(SYS_close_range, 0U, UINT_MAX, 0);
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) static_cast<void>(::open("/dev/null", O_RDWR));
}

}  // namespace

void live_as_watcher(pid_t supervisor) noexcept {
  ::setpgid(0, 0);  // out of reach of the terminal's signals; the supervisor was forked before
  ::prctl(PR_SET_NAME, "vgpu-watcher");
  [[maybe_unused]] const int ignored = ::chdir("/");
  give_up_descriptors();
  int status = 0;
  while (::waitpid(supervisor, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));  // it has done what was to be done
  try {
    kill_guests();
  } catch (const std::exception&) {  // no descriptors, say; nobody is there to be told
  }
  ::_exit(status_of_signal(WTERMSIG(status)));
}

}  // namespace vgpu::launcher
