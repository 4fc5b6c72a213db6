#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <optional>

#include "launcher/channel.h"
#include "tracer/engine.h"
#include "tracer/sys/unique_fd.h"

namespace vgpu::launcher {

/// The program as its parent, the supervisor, sees it: collects what happens to it and reports it
/// to the process that the user started, the starter.
class Ward {
 public:
  /// Borrows `news`.
  Ward(pid_t pid, const Channel& news, tracer::UniqueFd starter)
      : pid_(pid), news_(news), starter_(std::move(starter)) {}

  /// Borrows the engine, which says whether other guests live. Call it first.
  void set_engine(const tracer::Engine& engine) noexcept { engine_ = &engine; }

  bool ended() const noexcept { return ended_; }

  /// A pidfd.
  int starter() const noexcept { return starter_.get(); }

  /// Collects what has happened to our children: the program and orphans of its tree.
  void collect();

  /// Notes what somebody else has collected about the program.
  void note(const siginfo_t& info);

  /// Waits for the end of all our children. Call when no guest lives any more.
  void collect_all();

 private:
  void collect(int wait_flags);
  void report_change(const siginfo_t& info);
  void report_end(const siginfo_t& info);
  void wake_starter();

  pid_t pid_;
  const Channel& news_;
  tracer::UniqueFd starter_;
  const tracer::Engine* engine_ = nullptr;
  bool ended_ = false;
  bool starter_may_be_stopped_ = false;
};

}  // namespace vgpu::launcher
