#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

namespace vgpu::launcher {

/// The numbers of one process's threads, from its own pid namespace to ours.
class ThreadNames {
 public:
  explicit ThreadNames(pid_t pid) : pid_(pid) {}

  /// Our number of the thread that calls itself `seen_tid`, in the process that calls itself
  /// `seen_pid`; the process's, if there is none or it has ended.
  pid_t outside(std::uint32_t seen_tid, std::uint32_t seen_pid);

 private:
  const pid_t pid_;
  std::map<std::uint32_t, pid_t> known_;
};

}  // namespace vgpu::launcher
