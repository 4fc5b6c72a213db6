#include "launcher/process_tree.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace vgpu::launcher {
namespace {

std::vector<pid_t> pids_below(const ProcessInfo& root, const std::vector<ProcessInfo>& all) {
  std::vector<pid_t> pids;
  for (const ProcessInfo& info : guests_below(root, all)) pids.push_back(info.pid);
  std::ranges::sort(pids);
  return pids;
}

/// Starts a guest as far as we can tell, a child under one filter more. It ends when nobody has the
/// other end of `gate`.
void start_guest(int gate) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) ::_exit(100);
  if (::fork() == 0) {
    sock_filter allow_all{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const sock_fprog filter{1, &allow_all};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) ::_exit(101);
    ::close(ready[0]);
    ::close(ready[1]);
    char end;
    ::_exit(static_cast<int>(::read(gate, &end, 1)));
  }
  ::close(ready[1]);
  char end;
  while (::read(ready[0], &end, 1) > 0) continue;
  ::close(ready[0]);
}

}  // namespace

TEST_CASE("status: the fields are read, whatever stands around them") {
  const ProcessInfo info = parse_status(
      "Name:\ta\nState:\tT (stopped)\nPid:\t12\nPPid:\t3\nTracerPid:\t9\nSeccomp:\t2\n"
      "Seccomp_filters:\t4\n");
  CHECK(info.pid == 12);
  CHECK(info.parent == 3);
  CHECK(info.state == 'T');
  CHECK(info.filters == 4);
}

TEST_CASE("status: what is missing or broken keeps its default") {
  const ProcessInfo info = parse_status("Pid\nPPid:\nState:\nSeccomp_filters:\tmany\n\n:\nPid:\tx");
  CHECK(info.pid == 0);
  CHECK(info.parent == 0);
  CHECK(info.state == '?');
  CHECK(info.filters == 0);
}

TEST_CASE("guests: descendants with a filter more than ours, however deep, and no others") {
  const ProcessInfo root{10, 1, 'S', 1};
  const std::vector<ProcessInfo> all = {
      {1, 0, 'S', 0},   {10, 1, 'S', 1},   // we
      {11, 10, 'S', 2}, {12, 11, 'S', 3},  // guests
      {13, 10, 'S', 1},                    // a child that we were given
      {14, 13, 'S', 2}, {20, 1, 'S', 2},   // below it; somebody else's
  };
  CHECK(pids_below(root, all) == std::vector<pid_t>{11, 12, 14});
}

TEST_CASE("guests: a list that is no tree is no endless loop") {
  const ProcessInfo root{10, 12, 'S', 0};
  CHECK(
      pids_below(root, {{11, 10, 'S', 1}, {12, 11, 'S', 1}, {10, 12, 'S', 0}, {13, 13, 'S', 1}}) ==
      std::vector<pid_t>{11, 12});
}

TEST_CASE("kill: all guests end; one that may not be killed is counted and not waited for") {
  if (::getuid() != 0) {
    MESSAGE("skipped: only root has processes that it may start and then not kill");
    return;
  }
  int gate[2];
  REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);  // seconds; only a hang takes as long
    ::close(gate[1]);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    start_guest(gate[0]);
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(102);
    start_guest(gate[0]);
    start_guest(gate[0]);
    const std::size_t left = kill_guests();
    const bool reaped = ::waitpid(-1, nullptr, WNOHANG) == 0;  // there is one, and it lives
    ::_exit(reaped ? static_cast<int>(left) : 103);
  }
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  ::close(gate[0]);
  ::close(gate[1]);
}

}  // namespace vgpu::launcher
