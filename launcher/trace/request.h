#pragma once

#include <string>
#include <string_view>

#include "tracer/trace/sink.h"
#include "tracer/trace/view.h"

namespace vgpu::launcher {

/// What the user wants to be traced, and to see of it.
struct TraceRequest {
  bool on = false;
  std::string file;  ///< empty: standard error
  tracer::Format format = tracer::Format::text;
  std::string filter;  ///< as it was given
  tracer::Selection selection;
  bool summary = false;      ///< counts and times instead of events
  bool per_process = false;  ///< FILE.PID for each process
  bool explain = false;      ///< the diagnosis, besides or instead

  /// True if anybody wants to hear of events.
  bool any() const noexcept { return on || explain; }
  /// What is recorded: what is shown, and what the diagnosis looks at.
  tracer::Wanted recorded() const;
  /// True if it takes an engine that hears of processes and results.
  bool needs_results() const noexcept {
    return explain || (on && (selection.wanted.processes || selection.wanted.files()));
  }

  /// True if the guests are to tell of their calls.
  bool hears_calls() const noexcept { return explain || (on && selection.calls); }
};

/// Reads the value of --trace-filter: sets and flags, with commas between them.
/// Errors: std::runtime_error in the user's language.
tracer::Selection read_trace_filter(std::string_view text);

/// Reads the value of --trace-format. Errors: std::runtime_error in the user's language.
tracer::Format read_trace_format(std::string_view option, std::string_view text);

}  // namespace vgpu::launcher
