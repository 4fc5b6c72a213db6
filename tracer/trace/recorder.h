#pragma once

#include <cstdint>
#include <memory>

#include "tracer/trace/event.h"
#include "tracer/trace/output.h"

namespace vgpu::tracer {

/// Units: nanoseconds of CLOCK_MONOTONIC.
std::int64_t monotonic_now() noexcept;

/// Where the events of one run come together: stamps them, counts them, and says where some are
/// missing. For one thread.
class Recorder {
 public:
  /// `more` hears every event too, before its writer does: the diagnosis, say. Borrows all.
  Recorder(EventSink& sink, Output* output, EventSink* more = nullptr)
      : sink_(sink), output_(output), more_(more), began_(monotonic_now()) {}

  /// Of the trace, on CLOCK_MONOTONIC.
  std::int64_t began() const noexcept { return began_; }
  std::uint64_t events() const noexcept { return events_; }

  /// An event of now. tid 0: that of the process.
  Event make(EventKind kind, pid_t pid, pid_t tid = 0) const;

  void record(const Event& event);

 private:
  void pass_on(const Event& event);

  EventSink& sink_;
  Output* output_;
  EventSink* more_;
  std::int64_t began_;
  std::uint64_t events_ = 0;
};

}  // namespace vgpu::tracer
