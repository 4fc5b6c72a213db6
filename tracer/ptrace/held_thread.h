#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstdint>

#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// A system call of ours that a guest's thread is to make, by the numbers of either gate.
struct OwnCall {
  int number;    ///< of `syscall`
  int number32;  ///< of `int 0x80`
  std::array<std::uint64_t, 5> args{};
};

/// Holds one thread of a guest with ptrace, from construction to destruction. It must be stopped
/// in a notified system call.
class HeldThread {
 public:
  /// Check with operator bool: another tracer may have it, or it is not ours to trace.
  explicit HeldThread(const Call& call);
  /// A thread that we trace already, and that has stopped before its call.
  struct Ours {};
  HeldThread(const Call& call, Ours);
  HeldThread(const HeldThread&) = delete;
  HeldThread& operator=(const HeldThread&) = delete;
  ~HeldThread();

  explicit operator bool() const noexcept { return held_; }

  /// Makes it stop when its system call has been answered. Where Linux is older than 5.19 this
  /// takes the call back, so nothing can be given to it any more. Always follow it with stop().
  /// False if the thread has ended.
  bool interrupt() noexcept;

  /// Waits until it has stopped and remembers what it was about to do. False if the thread has
  /// ended, or did not come here by the instruction that we know how to repeat.
  bool stop();

  /// The same for a thread of ours: its call is not made. False if the thread has ended.
  bool skip_call();

  /// Runs one system call in the stopped thread. False if the thread has ended.
  /// The call must not be one that the filter stops: nobody would answer it.
  bool run(const OwnCall& call, std::int64_t& result);

  /// Puts everything back, with `result` as what the guest's own system call returned.
  void restore(std::int64_t result);

  /// Lets the thread make this system call in place of its own, once we let go of it.
  void replace_call(const OwnCall& call);

  pid_t tid() const noexcept { return tid_; }
  Abi abi() const noexcept { return abi_; }
  /// As they were when it stopped.
  const user_regs_struct& registers() const noexcept { return registers_; }

 private:
  bool ask(int request, std::uint64_t address, void* data) noexcept;
  bool is_replaced() const noexcept;
  bool has_ended() const;
  void lose() noexcept { lost_ = true, stopped_ = false; }
  bool wait_for_stop();
  bool run_to_call_stop(int stops);
  bool mask_signals();
  user_regs_struct registers_for(const OwnCall& call) const noexcept;
  void reap_if_nobody_else_does() const;

  pid_t tid_;
  Abi abi_;
  bool held_ = false;
  bool stopped_ = false;
  bool ours_ = false;         // traced before and after
  bool lost_ = false;         // another stands where it stood
  int status_ = 0;            // of the last stop
  std::uint64_t signal_ = 0;  // came while it was held: goes with it when we let go
  user_regs_struct registers_{};
  std::uint64_t signals_ = 0;
};

}  // namespace vgpu::tracer
