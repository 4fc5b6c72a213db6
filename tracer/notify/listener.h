#pragma once

#include <linux/seccomp.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "tracer/engine.h"
#include "tracer/sys/unique_fd.h"
#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// The supervisor's end of one seccomp listener.
class Listener : public Engine {
 public:
  /// Errors: std::system_error.
  explicit Listener(UniqueFd fd);

  /// POLLIN when a call waits, POLLHUP when the last guest has ended.
  int fd() const noexcept override { return fd_.get(); }

  /// Takes the next stopped call. Ask only when fd() is readable: the kernel ignores O_NONBLOCK
  /// here. Returns nothing when the caller was killed or interrupted meanwhile.
  /// Errors: std::system_error. Source: seccomp_unotify(2).
  std::optional<Call> next();

  void note_waiting(bool already) noexcept override { waited_ = already; }
  bool serve(short events, const std::function<void(const Call&)>& handle) override;
  std::optional<std::int64_t> answer(const Call& call, const Reply& reply) override;
  bool still_waiting(const Call& call) const noexcept override;
  /// Source: seccomp(2), the precedence of return values.
  bool hides_calls_from_tracers() const noexcept override { return true; }
  bool is_alone() const noexcept override;

  /// Installs a copy of `fd` in the guest without answering; returns its number there, or -errno.
  int lend(const Call& call, int fd, bool cloexec) const noexcept;

 private:
  std::int64_t give(const Call& call, const GiveFd& reply);
  std::optional<int> give_marked(const Call& call, seccomp_notif_addfd add) const;
  void send(const Call& call, std::int64_t value, int error, bool pass);

  void wake_on_our_processor(bool on) noexcept;
  void choose_processor(const Call& call) noexcept;

  UniqueFd fd_;
  bool wakes_on_our_processor_ = false;
  bool waited_ = false;              // the call that is served next, for us
  pid_t served_ = 0;                 // who called last
  std::vector<std::byte> request_;   // a seccomp_notif, sized by the running kernel
  std::vector<std::byte> response_;  // a seccomp_notif_resp
};

}  // namespace vgpu::tracer
