#include "tracer/trace/recorder.h"

#include <ctime>

namespace vgpu::tracer {

std::int64_t monotonic_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

Event Recorder::make(EventKind kind, pid_t pid, pid_t tid) const {
  Event event;
  constexpr std::size_t kUsualFields = 12;
  event.fields.reserve(kUsualFields);
  event.kind = kind;
  event.time = monotonic_now() - began_;
  event.pid = pid;
  event.tid = tid == 0 ? pid : tid;
  return event;
}

void Recorder::record(const Event& event) {
  const std::uint64_t dropped = output_ == nullptr ? 0 : output_->take_dropped();
  if (dropped != 0) {
    Event lost = make(EventKind::lost, 0);
    lost.add(Key::count, static_cast<std::int64_t>(dropped));
    lost.add(Key::why, "the reader of the trace was too slow");
    pass_on(lost);
  }
  pass_on(event);
}

void Recorder::pass_on(const Event& event) {
  ++events_;
  if (more_ != nullptr) more_->take(event);
  sink_.take(event);
}

}  // namespace vgpu::tracer
