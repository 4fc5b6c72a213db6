#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "tracer/notify/reply.h"
#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// How guests are stopped at a system call and made to go on: by seccomp's notifications, or by
/// ptrace.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  /// The descriptor to poll for POLLIN.
  virtual int fd() const noexcept = 0;

  /// Says whether the call that is served next waited already when the supervisor came back. Then
  /// it was made on another processor, and to wake all callers on our own would crowd it.
  virtual void note_waiting(bool /*already*/) noexcept {}

  /// Call when poll(2) says `events` of fd(): hands calls that wait to `handle`, which must answer
  /// them. False when the last guest has ended. Errors: std::system_error.
  virtual bool serve(short events, const std::function<void(const Call&)>& handle) = 0;

  /// Answers `call`. Returns what the guest's call returns (-errno if it fails), where that is not
  /// left to the kernel. A guest that died meanwhile is not an error. Errors: std::system_error.
  virtual std::optional<std::int64_t> answer(const Call& call, const Reply& reply) = 0;

  /// True if a trace is told what the kernel answers.
  virtual bool tells_results() const noexcept { return false; }

  /// True while `call` still waits. Ask after reading guest memory and before acting on it:
  /// until then the tid may have been reused.
  virtual bool still_waiting(const Call& call) const noexcept = 0;

  /// True if a call that is stopped for us is not seen by a guest's own tracer, which its filter
  /// would have told.
  virtual bool hides_calls_from_tracers() const noexcept = 0;

  /// True if no guest lives.
  virtual bool is_alone() const noexcept = 0;
};

}  // namespace vgpu::tracer
