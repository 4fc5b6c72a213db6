#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "tracer/trace/event.h"
#include "tracer/trace/protobuf.h"

namespace vgpu::tracer {

/// Takes the descriptor of a track.
class PacketWriter {
 public:
  virtual void add_descriptor(std::int64_t time, const Protobuf& descriptor) = 0;

 protected:
  ~PacketWriter() = default;
};

/// Which track an event is on. Each is described before its first event; its number says all
/// about it, so that what is kept here does not grow with the trace: a description that was
/// forgotten is written again, which does no harm.
class Tracks {
 public:
  explicit Tracks(PacketWriter& writer) : writer_(writer) {}

  /// Of a stream if the device did it, else of a thread; of the whole trace if of no process.
  std::uint64_t of(const Event& event);
  std::uint64_t of_thread(pid_t pid, pid_t tid, std::int64_t time);
  std::uint64_t of_main(const Event& event) { return of_thread(event.pid, event.pid, event.time); }

  /// A process is there, with its parent's name until exec. Returns the number of the arrow that
  /// leads to it.
  std::uint64_t begin_process(const Event& event, pid_t parent);
  /// A process runs another program. Returns the same number for the first one, else 0.
  std::uint64_t begin_program(const Event& exec);
  bool knows(pid_t pid) const { return processes_.contains(pid); }

  void open_program(pid_t pid) { processes_[pid].open = true; }
  /// True if it was open.
  bool close_program(pid_t pid) { return std::exchange(processes_[pid].open, false); }

 private:
  struct Process {
    std::uint64_t track = 0;
    std::string name;
    bool open = false;      // a slice for its program has begun
    bool expected = false;  // an arrow leads to its first program
  };

  Process& process_of(pid_t pid, std::int64_t time);
  void describe_process(pid_t pid, const Process& process, const List* argv, std::int64_t time);
  void describe_thread(pid_t pid, pid_t tid, std::string_view name, std::uint64_t track,
                       std::int64_t time);
  bool is_new(std::uint64_t track);

  PacketWriter& writer_;
  std::unordered_map<pid_t, Process> processes_;  // at most as many as the kernel has pids
  std::unordered_set<std::uint64_t> described_;
  std::uint64_t last_ = 0;  // number of the last process
};

}  // namespace vgpu::tracer
