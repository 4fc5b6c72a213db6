#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <functional>
#include <optional>

#include "tracer/engine.h"
#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

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

  int fd() const noexcept override { return child_signals_.get(); }
  bool serve(short events, const std::function<void(const Call&)>& handle) override;
  void answer(const Call& call, const Reply& reply) override;
  /// A stopped thread keeps its tid until we have heard of its end.
  bool still_waiting(const Call&) const noexcept override { return true; }
  bool hides_calls_from_tracers() const noexcept override { return false; }
  bool is_alone() const noexcept override;

 private:
  void on_change(pid_t tid, int status, const std::function<void(const Call&)>& handle);
  void on_call(pid_t tid, const std::function<void(const Call&)>& handle);
  void on_group_stop(pid_t tid, int signal);
  void report(int code, int status) const;

  pid_t program_;
  Changed changed_;
  UniqueFd child_signals_;
  bool program_is_stopped_ = false;
};

}  // namespace vgpu::tracer
