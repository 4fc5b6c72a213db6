#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include "running.h"

namespace vgpu::launcher {
namespace {

/// A tree with what is hard to catch: a daemon in its own session, a child that ignores signals,
/// a pipeline. It says its own pid and the supervisor's.
constexpr const char* kTree =
    "setsid sh -c 'trap \"\" TERM HUP; read x <&9' & (trap '' TERM; read x <&9 | cat) &"
    "echo $$; echo $PPID; read x <&9";

}  // namespace

TEST_CASE("kill -9 of vgpu-run: its whole tree ends") {
  Running running(kTree);
  running.line();
  running.line();
  running.kill(SIGKILL);
  CHECK(running.wait_change() == Change{CLD_KILLED, SIGKILL});
  CHECK(running.nothing_left());
}

TEST_CASE("kill -9 of the supervisor: its whole tree ends, and vgpu-run says why") {
  Running running(kTree);
  running.line();
  ::kill(std::stoi(running.line()), SIGKILL);
  CHECK(running.wait() == 125);
  // Guests may still have said that their calls fail.
  const std::string said = running.error_output();
  CHECK(said.find("vgpu-run: the supervisor was killed, and the program with it\n") !=
        std::string::npos);
  CHECK(running.nothing_left());
}

TEST_CASE("kill -9 of the program: vgpu-run ends, what the program started lives on") {
  Running running(kTree);
  ::kill(std::stoi(running.line()), SIGKILL);
  CHECK(running.wait() == 128 + SIGKILL);
  running.open_gate();
  CHECK(running.nothing_left());
}

TEST_CASE("kill -9 of a stopped tree's vgpu-run: the tree ends") {
  Running running("echo ready; kill -STOP $$");
  CHECK(running.wait_change() == Change{CLD_STOPPED, SIGSTOP});
  running.kill(SIGKILL);
  CHECK(running.nothing_left());
}

TEST_CASE("kill -9 of vgpu-run at any moment of its start: nothing is left") {
  for (int round = 0; round < 60; ++round) {
    Running running("cat /proc/driver/nvidia/version | cat; read x <&9");
    // The moment is where the round says, in steps of what this machine can do meanwhile.
    for (int step = 0; step < round * 400; ++step) ::getppid();
    running.kill(SIGKILL);
    CHECK(running.nothing_left());
  }
}

TEST_CASE("signals at the supervisor do not end it: only its guests' end does") {
  Running running("echo $PPID; read x <&9; cat /sys/module/nvidia/version");
  const pid_t supervisor = std::stoi(running.line());
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGPIPE, SIGUSR1}) ::kill(supervisor, number);
  running.open_gate();
  CHECK(running.rest() == "580.159.04\n");
  CHECK(running.wait() == 0);
}

}  // namespace vgpu::launcher
