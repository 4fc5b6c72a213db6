#include <doctest/doctest.h>

#include <csignal>

#include "running.h"

namespace vgpu::launcher {
namespace {

/// A shell that prints a line for each signal, until it reads "stop". A signal ends a shell's read
/// without a word.
constexpr const char* kCounter =
    "trap 'echo usr1' USR1; trap 'echo term' TERM; trap 'echo int' INT; trap 'echo hup' HUP;"
    "trap 'echo winch' WINCH; echo ready;"
    "while [ \"$word\" != stop ]; do read word && echo read $word; done";

}  // namespace

TEST_CASE("signals: each one sent to vgpu-run reaches the program once") {
  Running running(kCounter);
  CHECK(running.line() == "ready");
  for (const auto& [number, name] : {std::pair{SIGUSR1, "usr1"},
                                     {SIGTERM, "term"},
                                     {SIGINT, "int"},
                                     {SIGHUP, "hup"},
                                     {SIGWINCH, "winch"}}) {
    running.kill(number);
    CHECK(running.line() == std::string(name));
  }
  running.write("stop\n");
  CHECK(running.rest() == "read stop\n");
  CHECK(running.wait() == 0);
}

TEST_CASE("signals: one that ends the program ends vgpu-run with 128 + N") {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, SIGRTMIN}) {
    Running running("echo ready; read x <&9");
    CHECK(running.line() == "ready");
    running.kill(number);
    CHECK(running.wait() == 128 + number);
    CHECK(running.nothing_left());
  }
}

TEST_CASE("signals: one that comes before the program runs is not lost") {
  for (int round = 0; round < 20; ++round) {
    Running running("read x <&9");
    running.kill(SIGTERM);
    const Change change = running.wait_change();
    // Before vgpu-run's first instruction the kernel still acts on it itself.
    const bool by_program = change == Change{CLD_EXITED, 128 + SIGTERM};
    const bool before_all = change == Change{CLD_KILLED, SIGTERM};
    CHECK((by_program || before_all));
    CHECK(running.nothing_left());
  }
}

TEST_CASE("signals: an ignored one stays ignored") {
  Running::Setup setup;
  setup.before_exec = [] { ::signal(SIGHUP, SIG_IGN); };
  Running running("echo ready; read x <&9; echo lives", setup);
  CHECK(running.line() == "ready");
  running.kill(SIGHUP);
  running.open_gate();
  CHECK(running.rest() == "lives\n");
}

TEST_CASE("terminal: Control-C reaches the program once") {
  Running::Setup setup;
  setup.terminal = true;
  Running running("stty -echo; " + std::string(kCounter), setup);
  CHECK(running.line() == "ready");
  running.write("\x03");
  CHECK(running.line() == "int");
  running.write("stop\n");
  CHECK(running.line() == "read stop");
  CHECK(running.wait() == 0);
}

}  // namespace vgpu::launcher
