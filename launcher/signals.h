#pragma once

#include <csignal>

#include "tracer/sys/unique_fd.h"

namespace vgpu::launcher {

/// The signal state that this process was started with, which is the program's by right, while the
/// process itself takes its signals from a descriptor.
class Signals {
 public:
  /// Blocks everything, so that no signal can end us between two steps.
  Signals();

  /// Gives the calling process what we were started with. For the child just before exec.
  void restore() const noexcept;

  /// Stops this process as `signal` stops a process; returns when it is continued.
  void stop_self(int signal) const noexcept;

 private:
  sigset_t mask_{};
  bool sigchld_was_ignored_;
};

/// Returns a non-blocking, close-on-exec signalfd for all signals.
/// Errors: std::system_error.
tracer::UniqueFd open_all_signals();

/// Returns a non-blocking, close-on-exec signalfd for one signal.
/// Errors: std::system_error.
tracer::UniqueFd open_signal(int signal);

}  // namespace vgpu::launcher
