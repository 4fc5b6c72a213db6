#include "launcher/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "tracer/sys/errors.h"

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::UniqueFd;

sigset_t all_signals() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  return all;
}

}  // namespace

Signals::Signals() {
  const sigset_t all = all_signals();
  ::sigprocmask(SIG_SETMASK, &all, &mask_);
  // Inherited "ignore" would make the kernel reap our children before we have their status.
  sigchld_was_ignored_ = ::signal(SIGCHLD, SIG_DFL) == SIG_IGN;
}

void Signals::restore() const noexcept {
  if (sigchld_was_ignored_) static_cast<void>(::signal(SIGCHLD, SIG_IGN));
  ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
}

void Signals::stop_self(int signal) const noexcept {
  struct sigaction saved {};
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  ::sigaction(signal, &plain, &saved);  // fails for SIGSTOP, which needs no preparation
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::kill(::getpid(), signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);  // here we stop
  ::sigprocmask(SIG_BLOCK, &only, nullptr);
  ::sigaction(signal, &saved, nullptr);
}

UniqueFd open_all_signals() {
  const sigset_t all = all_signals();
  return UniqueFd(check_sys(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

UniqueFd open_signal(int signal) {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  return UniqueFd(check_sys(::signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

}  // namespace vgpu::launcher
