#pragma once

#include <cstdint>
#include <string>

#include "launcher/explain/facts.h"
#include "launcher/trace/request.h"
#include "tracer/sys/unique_fd.h"
#include "tracer/trace/event.h"

namespace vgpu::launcher {

/// Opens what the diagnosis is written to: standard error as it is now. Empty if none is wanted.
/// Errors: std::system_error.
tracer::UniqueFd open_explanation(const TraceRequest& request);

/// Hears all events of a run, and says at its end, or when asked, why the GPU is not used.
class Explanation : public tracer::EventSink {
 public:
  Explanation(const TraceRequest& request, tracer::UniqueFd output);

  void take(const tracer::Event& event) override;
  /// The diagnosis as far as it is known.
  std::string text() const;
  /// Writes it. A reader that takes nothing for seconds misses it.
  void print() const;

 private:
  tracer::UniqueFd output_;
  tracer::Selection shown_;
  bool has_lines_;  ///< an event has a number in the trace's file: its line, or its place in a page
  std::int64_t line_ = 0;
  explain::Facts facts_;
};

}  // namespace vgpu::launcher
