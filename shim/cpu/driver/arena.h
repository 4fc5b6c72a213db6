#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "shim/cpu/exec/range_set.h"
#include "shim/shared/gpu_usage.h"

namespace vgpu::cpu {

/// A device's memory: one reservation of addresses, of which only what is allocated is mapped, so
/// that a kernel's stray or late access faults. Units: bytes.
/// Source: H100, driver 580: small allocations are 512 bytes apart, large ones on 2 MiB.
class Arena {
 public:
  static constexpr std::uint64_t kGranule = std::uint64_t{2} << 20;
  static constexpr std::uint64_t kAlignment = 512;

  /// What is mapped is charged to `usage`, and `limit` is no more than there can be.
  /// Errors: std::bad_alloc when the addresses cannot be reserved.
  Arena(std::uint64_t limit, GpuUsage& usage);

  /// Null when the device, as the whole tree uses it, or the machine has no more memory.
  void* allocate(std::uint64_t size, std::uint64_t align = kAlignment);
  /// `at` must have come from allocate().
  void release(void* at);

  /// Mapped memory, in whole granules.
  std::uint64_t used() const;
  std::uint64_t limit() const noexcept { return limit_; }
  bool contains(std::uint64_t address) const noexcept {
    return address >= base_ && address - base_ < reserved_;
  }

 private:
  bool map_granules(std::uint64_t& at, std::uint64_t size);
  void unmap_granules(std::uint64_t at, std::uint64_t size);

  const std::uint64_t limit_;
  GpuUsage& usage_;
  std::uint64_t base_ = 0;
  std::uint64_t reserved_ = 0;
  mutable std::mutex mutex_;
  std::uint64_t used_ = 0;
  exec::RangeSet granules_;
  exec::RangeSet small_{kGranule};
  std::map<std::uint64_t, std::uint64_t> allocated_;  // address -> rounded size
};

}  // namespace vgpu::cpu
