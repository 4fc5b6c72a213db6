#include "launcher/forwarding.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <iterator>

namespace vgpu::launcher {
namespace {

/// Signals that the kernel sends on behalf of a terminal, always to a whole process group.
constexpr int kFromTerminal[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGHUP, SIGWINCH};

}  // namespace

Fate fate_of(const signalfd_siginfo& signal, const Receiver& receiver) noexcept {
  const int number = static_cast<int>(signal.ssi_signo);
  if (number == SIGCHLD) return Fate::drop;
  if (number == SIGCONT) return Fate::wake;
  // Our own write to a closed pipe says SI_USER, from ourselves.
  if (signal.ssi_pid == static_cast<std::uint32_t>(receiver.pid)) return Fate::drop;
  if (signal.ssi_code != SI_KERNEL) return Fate::forward;
  // A hangup goes to the session's leader alone. Source: tty_signal_session_leader in tty_jobctrl.c
  if (number == SIGHUP && receiver.leads_session) return Fate::forward;
  return std::ranges::find(kFromTerminal, number) == std::ranges::end(kFromTerminal) ? Fate::forward
                                                                                     : Fate::drop;
}

void forward(const signalfd_siginfo& signal, int pidfd) noexcept {
  const int number = static_cast<int>(signal.ssi_signo);
  if (signal.ssi_code != SI_QUEUE) return send_signal(pidfd, number);
  siginfo_t info{};
  info.si_signo = number;
  info.si_code = SI_QUEUE;
  info.si_pid = static_cast<pid_t>(signal.ssi_pid);
  info.si_uid = signal.ssi_uid;
  std::memcpy(&info.si_value.sival_ptr, &signal.ssi_ptr, sizeof info.si_value.sival_ptr);
  ::syscall(SYS_pidfd_send_signal, pidfd, number, &info, 0);
}

void send_signal(int pidfd, int signal) noexcept {
  ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

}  // namespace vgpu::launcher
