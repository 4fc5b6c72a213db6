#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace vgpu::tracer {

/// Who a thread is, as far as file permissions ask.
struct Identity {
  uid_t uid = 0;  ///< real
  uid_t fsuid = 0;
  gid_t gid = 0;  ///< real
  gid_t fsgid = 0;
  std::vector<gid_t> groups;
  std::uint64_t capabilities = 0;  ///< effective ones, in its own user namespace

  bool operator==(const Identity&) const = default;
};

struct GuestStatus {
  pid_t tgid = 0;       ///< its process, as we see it
  pid_t seen_tgid = 0;  ///< its process and itself, as it sees them in its own pid namespace
  pid_t seen_tid = 0;
  pid_t parent = 0;
  bool ended = false;  ///< it runs no more, but nobody has waited for it yet
  Identity identity;
};

/// Reads /proc/TID/status. Returns nothing when the thread is gone. Source: proc(5).
std::optional<GuestStatus> read_guest_status(pid_t tid);

}  // namespace vgpu::tracer
