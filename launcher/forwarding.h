#pragma once

#include <sys/signalfd.h>
#include <sys/types.h>

#include <cstdint>

namespace vgpu::launcher {

/// What is to become of a signal that reached vgpu-run instead of the program.
enum class Fate {
  drop,     ///< not meant for the program, or it has got it already
  forward,  ///< pass it on
  wake,     ///< SIGCONT: continue the program if it is stopped
};

/// Who vgpu-run is to the kernel.
struct Receiver {
  pid_t pid = 0;
  bool leads_session = false;
};

/// Decides what a signal means. What the terminal sends, it sends to the whole process group, and
/// the program is in it. Pure.
Fate fate_of(const signalfd_siginfo& signal, const Receiver& receiver) noexcept;

/// Sends `signal` to the process behind `pidfd`, with its value if it was queued with one. A
/// process that is gone is not an error.
void forward(const signalfd_siginfo& signal, int pidfd) noexcept;

/// Sends a plain signal. A process that is gone is not an error.
void send_signal(int pidfd, int signal) noexcept;

}  // namespace vgpu::launcher
