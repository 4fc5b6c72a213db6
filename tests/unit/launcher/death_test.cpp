#include <doctest/doctest.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "running.h"

namespace vgpu::launcher {
namespace {

/// A tree with what is hard to catch: a daemon in its own session, a child that ignores signals,
/// a pipeline. It says its own pid and the supervisor's.
constexpr const char* kTree =
    "setsid sh -c 'trap \"\" TERM HUP; read x <&9' & (trap '' TERM; read x <&9 | cat) &"
    "echo $$; echo $PPID; read x <&9";

/// Returns the first child of `parent`, or 0.
pid_t find_child(pid_t parent) {
  const std::string number = std::to_string(parent);
  pid_t child = 0;
  std::ifstream("/proc/" + number + "/task/" + number + "/children") >> child;
  return child;
}

/// Returns a child of `parent` that lives under a filter and waits for something, or 0.
pid_t find_waiting_guest(pid_t parent) {
  const pid_t child = find_child(parent);
  std::ifstream status("/proc/" + std::to_string(child) + "/status");
  const std::string text(std::istreambuf_iterator<char>(status), {});
  const bool waits = text.find("State:\tS") != std::string::npos;
  return waits && text.find("Seccomp:\t2") != std::string::npos ? child : 0;
}

}  // namespace

TEST_CASE("kill -9 of vgpu-run: its whole tree ends") {
  Running running(kTree);
  running.line();
  running.line();
  running.kill(SIGKILL);
  CHECK(running.wait_change() == Change{CLD_KILLED, SIGKILL});
  CHECK(running.nothing_left());
}

TEST_CASE("kill -9 of the supervisor: its whole tree ends, and vgpu-run says so by its status") {
  Running running(kTree);
  running.line();
  ::kill(std::stoi(running.line()), SIGKILL);
  CHECK(running.wait() == 125);
  // Guests may still have said that their calls fail.
  CHECK(running.error_output().find(
            "vgpu-run: the supervisor was killed, and the program with it\n") != std::string::npos);
  CHECK(running.nothing_left());
}

TEST_CASE("kill -9 of vgpu-run and the supervisor at once: the whole tree ends") {
  Running running(kTree);
  running.line();
  const pid_t supervisor = std::stoi(running.line());
  running.kill(SIGSTOP);  // it does not see what comes
  CHECK(running.wait_change() == Change{CLD_STOPPED, SIGSTOP});
  ::kill(supervisor, SIGKILL);
  running.kill(SIGKILL);
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

TEST_CASE("kill -9 of the program before vgpu-run knows it: 128 + N as ever") {
  Running::Setup setup;
  setup.before_exec = [] { ::ptrace(PTRACE_TRACEME, 0, 0, 0); };
  Running running("read x <&9", setup);
  const pid_t starter = running.pid();
  int status = 0;
  REQUIRE(::waitpid(starter, &status, 0) == starter);  // stopped at its exec
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, starter, 0, PTRACE_O_TRACEFORK) == 0);
  REQUIRE(::ptrace(PTRACE_CONT, starter, 0, 0) == 0);
  REQUIRE(::waitpid(starter, &status, 0) == starter);
  const int event = status >> 8;
  REQUIRE(event == (SIGTRAP | (PTRACE_EVENT_FORK << 8)));
  unsigned long forked = 0;
  REQUIRE(::ptrace(PTRACE_GETEVENTMSG, starter, 0, &forked) == 0);
  const auto watcher = static_cast<pid_t>(forked);
  REQUIRE(::waitpid(watcher, &status, 0) == watcher);
  REQUIRE(::ptrace(PTRACE_DETACH, watcher, 0, 0) == 0);

  // We hold the starter while the rest goes on without it.
  pid_t program = 0;
  while ((program = find_waiting_guest(find_child(watcher))) == 0) ::sched_yield();
  ::kill(program, SIGKILL);
  while (std::filesystem::exists("/proc/" + std::to_string(program))) ::sched_yield();
  REQUIRE(::ptrace(PTRACE_DETACH, starter, 0, 0) == 0);
  CHECK(running.wait() == 128 + SIGKILL);
  CHECK(running.nothing_left());
}

}  // namespace vgpu::launcher
