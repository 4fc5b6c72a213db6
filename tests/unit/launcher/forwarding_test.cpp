#include "launcher/forwarding.h"

#include <doctest/doctest.h>

#include <csignal>
#include <initializer_list>

namespace vgpu::launcher {
namespace {

constexpr Receiver kOrdinary{100, false};
constexpr Receiver kSessionLeader{100, true};

Fate fate(int number, int code, unsigned sender = 1, Receiver receiver = kOrdinary) {
  signalfd_siginfo signal{};
  signal.ssi_signo = static_cast<std::uint32_t>(number);
  signal.ssi_code = code;
  signal.ssi_pid = sender;
  return fate_of(signal, receiver);
}

}  // namespace

TEST_CASE("signals: what another process sends to vgpu-run is for the program") {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGTSTP, SIGWINCH, SIGRTMIN})
    CHECK(fate(number, SI_USER) == Fate::forward);
  CHECK(fate(SIGRTMIN, SI_QUEUE) == Fate::forward);
  CHECK(fate(SIGTERM, SI_TKILL) == Fate::forward);
}

TEST_CASE("signals: what the terminal sends, the program has got itself") {
  for (const int number : {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGHUP, SIGWINCH})
    CHECK(fate(number, SI_KERNEL, 0) == Fate::drop);
}

TEST_CASE("signals: a hangup reaches the session's leader alone, so it is passed on") {
  CHECK(fate(SIGHUP, SI_KERNEL, 0, kSessionLeader) == Fate::forward);
  CHECK(fate(SIGINT, SI_KERNEL, 0, kSessionLeader) == Fate::drop);
}

TEST_CASE("signals: a timer that was set before exec is the program's") {
  CHECK(fate(SIGALRM, SI_KERNEL, 0) == Fate::forward);
  CHECK(fate(SIGXCPU, SI_KERNEL, 0) == Fate::forward);
}

TEST_CASE("signals: our own children and our own broken pipes are not the program's") {
  CHECK(fate(SIGCHLD, CLD_EXITED) == Fate::drop);
  CHECK(fate(SIGPIPE, SI_USER, 100) == Fate::drop);
}

TEST_CASE("signals: SIGCONT only wakes") {
  CHECK(fate(SIGCONT, SI_USER) == Fate::wake);
  CHECK(fate(SIGCONT, SI_KERNEL, 0) == Fate::wake);
}

}  // namespace vgpu::launcher
