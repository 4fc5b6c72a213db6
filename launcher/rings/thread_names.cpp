#include "launcher/rings/thread_names.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "tracer/syscalls/guest_status.h"

namespace vgpu::launcher {

pid_t ThreadNames::outside(std::uint32_t seen_tid, std::uint32_t seen_pid) {
  if (seen_tid == seen_pid) return pid_;
  // The same namespace: the kernel's numbers have 22 bits.
  if (seen_pid == static_cast<std::uint32_t>(pid_))
    return static_cast<pid_t>(seen_tid & 0x7fffffff);
  constexpr std::size_t kMost = 4096;
  if (const auto found = known_.find(seen_tid); found != known_.end()) return found->second;
  if (known_.size() >= kMost) return pid_;
  std::error_code gone;
  const std::string tasks = "/proc/" + std::to_string(pid_) + "/task";
  for (std::filesystem::directory_iterator at(tasks, gone), end; !gone && at != end;
       at.increment(gone)) {
    const auto status = tracer::read_guest_status(std::atoi(at->path().filename().c_str()));
    if (status && known_.size() < kMost)
      known_[static_cast<std::uint32_t>(status->seen_tid)] =
          std::atoi(at->path().filename().c_str());
  }
  return known_.try_emplace(seen_tid, pid_).first->second;
}

}  // namespace vgpu::launcher
