#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "tracer/engine.h"
#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

class Observer;

/// The second engine: guests under SECCOMP_RET_TRACE, their thread stopped by ptrace. It needs no
/// listener, gives no EINTR that the kernel would not give, and costs two to four times as much.
/// All guests die with it (PTRACE_O_EXITKILL).
///
/// Whoever makes one must not wait(2) for children by other means, and must have SIGCHLD blocked.
class Tracing : public Engine {
 public:
  /// What happens to the program itself, as its parent would hear it from waitid(2).
  using Changed = std::function<void(const siginfo_t&)>;

  /// Takes hold of `program`, a child that waits for that and then installs the filter.
  /// Errors: std::system_error; EPERM if another tracer has it.
  Tracing(pid_t program, Changed changed);

  /// From now on `observer` hears of processes and of results. Borrowed.
  void let_observe(Observer& observer) noexcept { observer_ = &observer; }
  /// How often a guest was stopped.
  std::uint64_t stops() const noexcept { return stops_; }

  int fd() const noexcept override { return child_signals_.get(); }
  bool serve(short events, const std::function<void(const Call&)>& handle) override;
  std::optional<std::int64_t> answer(const Call& call, const Reply& reply) override;
  bool tells_results() const noexcept override { return observer_ != nullptr; }
  /// A stopped thread keeps its tid until we have heard of its end.
  bool still_waiting(const Call&) const noexcept override { return true; }
  bool hides_calls_from_tracers() const noexcept override { return false; }
  bool is_alone() const noexcept override;

 private:
  void on_change(pid_t tid, int status, const std::function<void(const Call&)>& handle);
  void on_call(pid_t tid, const std::function<void(const Call&)>& handle);
  void on_group_stop(pid_t tid, int signal);
  void report(int code, int status) const;
  bool holds_back(pid_t tid, int signal);
  void release(pid_t tid);
  bool awaits_birth();
  void on_birth(pid_t parent, std::string_view how);
  bool observe(pid_t tid, int event, int signal);
  void on_end(pid_t tid, int status);
  void pass(pid_t tid);

  pid_t program_;
  Changed changed_;
  UniqueFd child_signals_;
  bool program_is_stopped_ = false;
  Observer* observer_ = nullptr;
  std::map<pid_t, int> newborn_;  // held until we know whose they are; with the signal of the stop
  std::int64_t held_since_ = 0;   // the first of them
  std::uint64_t stops_ = 0;
};

}  // namespace vgpu::tracer
