#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "launcher/explain/program.h"
#include "tracer/trace/event.h"

namespace vgpu::explain {

/// What the first event says of the whole run.
struct Run {
  bool known = false;  ///< false: the trace has no beginning
  std::vector<std::string> argv;
  std::string engine;
  std::string filter;
  std::vector<std::string> gpus;  ///< none: the machine is only watched
  Variables environment;
};

/// Collects, event by event, what the checks look at. Memory is bounded: of many programs those
/// are kept that came furthest in using a GPU.
class Facts : public tracer::EventSink {
 public:
  explicit Facts(std::size_t most_programs = 256) : most_programs_(most_programs) {}

  void take(const tracer::Event& event) override { take(event, 0); }
  /// `line`: of the event in the trace's file; 0 if it is not there.
  void take(const tracer::Event& event, std::int64_t line);

  const Run& run() const noexcept { return run_; }
  /// All that are kept, in the order of their beginnings.
  std::vector<const Program*> programs() const;
  /// Those that still run: the report is made before the end.
  bool is_alive(const Program& program) const noexcept;

  std::int64_t events() const noexcept { return order_; }
  std::int64_t processes() const noexcept { return processes_; }
  std::int64_t lost() const noexcept { return lost_; }
  std::int64_t programs_left_out() const noexcept { return programs_left_out_; }
  const std::vector<std::string>& blind() const noexcept { return blind_; }
  std::int64_t last_time() const noexcept { return last_time_; }

 private:
  void begin_trace(const tracer::Event& event);
  void begin_process(const tracer::Event& event);
  void begin_program(const tracer::Event& event);
  void end_process(const tracer::Event& event);
  void lose(const tracer::Event& event);

  Place place_of(const tracer::Event& event) const noexcept { return {order_, event.time, line_}; }
  /// Of the event's process; one that the trace has not shown before begins here.
  Program& program_of(pid_t pid, const Place& at);
  std::string command_of(pid_t pid) const;
  void keep(std::unique_ptr<Program> program);

  std::size_t most_programs_;
  Run run_;
  std::unordered_map<pid_t, std::unique_ptr<Program>> alive_;
  std::vector<std::unique_ptr<Program>> kept_;
  std::int64_t order_ = 0;
  std::int64_t line_ = 0;
  std::int64_t last_time_ = 0;
  std::int64_t processes_ = 0;
  std::int64_t lost_ = 0;
  std::int64_t programs_left_out_ = 0;
  std::vector<std::string> blind_;
};

}  // namespace vgpu::explain
