#include "tracer/filter/own_fstat.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "tracer/filter/filter.h"

namespace vgpu::tracer {
namespace {

// What a process sees in which each call that a supervisor would hear of fails instead.
int status_under_filter(std::uint32_t distance) {
  const auto filter =
      make_filter(static_cast<Stop>(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(EXDEV)),
                  Watched::nothing, distance);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int root = ::open("/", O_RDONLY | O_DIRECTORY);
    struct stat result {};
    install_traced_filter(filter);
    if (::fstat(root, &result) != 0) ::_exit(1);
    const auto unseen = [&](int fd, const char* path, int flags) {
      return ::fstatat(fd, path, &result, flags) == 0 || errno != EXDEV;
    };
    if (unseen(root, "etc", AT_EMPTY_PATH)) ::_exit(2);
    if (unseen(root, "/etc", AT_EMPTY_PATH)) ::_exit(3);
    if (unseen(root, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) ::_exit(4);
    if (unseen(AT_FDCWD, "/etc", 0)) ::_exit(5);
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST_CASE("find_fstat_distance: the library's fstat passes unheard, and no path beside it does") {
  const auto distance = find_fstat_distance();
  if (!distance) {
    MESSAGE("SKIP: find_fstat_distance: this kernel or this C library does not show it");
    return;
  }
  CHECK(status_under_filter(*distance) == 0);
  CHECK(status_under_filter(*distance + 1) != 0);
}

TEST_CASE("find_fstat_distance: calls and signals are afterwards as they were") {
  const auto first = find_fstat_distance();
  CHECK(find_fstat_distance() == first);
  struct stat result {};
  CHECK(::fstat(0, &result) == 0);
  CHECK(result.st_mode != 0);
  struct sigaction now {};
  CHECK(::sigaction(SIGSYS, nullptr, &now) == 0);
  const bool is_default = now.sa_handler == SIG_DFL;
  CHECK(is_default);
}

}  // namespace
}  // namespace vgpu::tracer
