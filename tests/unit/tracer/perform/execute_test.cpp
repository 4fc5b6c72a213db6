#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "tests/unit/tracer/guest.h"

namespace vgpu::tracer::testing {
namespace {

int status_of(const std::function<void()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    child();
    ::_exit(99);
  }
  int status = -1;
  EXPECT(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("execve: a virtual program runs with its arguments and its environment") {
  check_guest([] {
    const char* const arguments[] = {"vprogram", "-c", "test \"$A\" = b && exit 7", nullptr};
    const char* const environment[] = {"A=b", nullptr};
    auto* argv = const_cast<char**>(arguments);
    auto* envp = const_cast<char**>(environment);
    EXPECT(status_of([&] { ::execve("/usr/bin/vprogram", argv, envp); }) == 7);
    EXPECT(status_of([&] {
             ::syscall(SYS_execveat, AT_FDCWD, "/usr/bin/../bin/vprogram", argv, envp, 0);
           }) == 7);
    EXPECT(status_of([&] { ::execvpe("vprogram", argv, envp); }) == 7);
    EXPECT(status_of([&] { ::execl("/bin/sh", "sh", "-c", "vprogram -c 'exit 8'", nullptr); }) ==
           8);
  });
}

TEST_CASE("execve: a virtual script is run by its interpreter") {
  check_guest(
      [] { EXPECT(status_of([] { ::execl("/usr/bin/vscript", "vscript", "5", nullptr); }) == 5); });
}

TEST_CASE("execve: what cannot be executed says why") {
  check_guest([] {
    const char* const arguments[] = {"x", nullptr};
    auto* argv = const_cast<char**>(arguments);
    EXPECT_FAILS(::execve("/dev/vdev0", argv, argv), EACCES);
    EXPECT_FAILS(::execve("/proc/driver/vdrv/version", argv, argv), EACCES);
    EXPECT_FAILS(::execve("/proc/driver/vdrv/none", argv, argv), ENOENT);
    EXPECT_FAILS(::execve("/proc/driver/vdrv", argv, argv), EACCES);
  });
}

}  // namespace
}  // namespace vgpu::tracer::testing
