#pragma once

#include <linux/seccomp.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "tracer/notify/reply.h"
#include "tracer/sys/unique_fd.h"
#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// The supervisor's end of one seccomp listener.
class Listener {
 public:
  /// Errors: std::system_error.
  explicit Listener(UniqueFd fd);

  /// The descriptor to poll: POLLIN when a call waits, POLLHUP when the last guest has ended.
  int fd() const noexcept { return fd_.get(); }

  /// Takes the next stopped call. Ask only when fd() is readable: the kernel ignores O_NONBLOCK
  /// here. Returns nothing when the caller was killed or interrupted meanwhile.
  /// Errors: std::system_error. Source: seccomp_unotify(2).
  std::optional<Call> next();

  /// Answers `call`; EnterDirectory and Execute are not for here. A guest that died meanwhile is
  /// not an error. Errors: std::system_error. Source: seccomp_unotify(2), ENOENT.
  void answer(const Call& call, const Reply& reply);

  /// True while `call` still waits. Ask after reading guest memory and before acting on it:
  /// until then the tid may have been reused. Source: seccomp_unotify(2).
  bool still_waiting(const Call& call) const noexcept;

  /// Installs a copy of `fd` in the guest without answering; returns its number there, or -errno.
  int lend(const Call& call, int fd, bool cloexec) const noexcept;

 private:
  bool give_marked(const Call& call, seccomp_notif_addfd add) const;
  void send(const Call& call, std::int64_t value, int error, bool pass);

  UniqueFd fd_;
  std::vector<std::byte> request_;   // a seccomp_notif, sized by the running kernel
  std::vector<std::byte> response_;  // a seccomp_notif_resp
};

}  // namespace vgpu::tracer
