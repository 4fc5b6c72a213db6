#pragma once

#include <memory>
#include <string_view>

#include "launcher/own_output.h"
#include "launcher/plan.h"
#include "launcher/trace/explanation.h"
#include "tracer/sys/unique_fd.h"
#include "tracer/trace/observer.h"
#include "tracer/trace/recorder.h"
#include "tracer/trace/sink.h"

namespace vgpu::launcher {

/// What a trace and its diagnosis are written to; empty: it is not wanted, or, of a trace, each
/// process has a file of its own.
struct TraceOutputs {
  tracer::UniqueFd trace;
  tracer::UniqueFd explanation;
};

/// Opens standard error, or the trace's file, which is emptied. Errors: std::system_error.
TraceOutputs open_trace(const TraceRequest& request);

/// True if `fd` is a terminal whose user does not mind colours. Source: no-color.org.
bool may_colour(int fd);

/// One trace, in the supervisor's process, from its first line to its last.
class TraceSession {
 public:
  /// Borrows `plan` and `own`. Errors: std::runtime_error.
  TraceSession(const Plan& plan, TraceOutputs outputs, OwnOutput& own);

  /// The first line. `engine`: as the trace names it.
  void begin(pid_t program, std::string_view engine, std::string_view blind);

  tracer::Recorder& recorder() noexcept { return *recorder_; }
  tracer::Observer& observer() noexcept { return observer_; }
  /// The diagnosis so far, if one is wanted.
  void explain() const;

  /// The last line; and a word to the user about what is missing. Waits for the writer, for as long
  /// as it moves.
  void end(std::uint64_t stops);

 private:
  const Plan& plan_;
  OwnOutput& own_;
  std::string cwd_;
  std::unique_ptr<tracer::Output> output_;
  std::unique_ptr<tracer::EventSink> view_;
  std::unique_ptr<tracer::EventSink> selected_;
  std::unique_ptr<Explanation> explanation_;
  std::unique_ptr<tracer::Recorder> recorder_;
  tracer::Observer observer_;
};

}  // namespace vgpu::launcher
