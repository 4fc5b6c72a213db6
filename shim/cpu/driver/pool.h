#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace vgpu::cpu {

struct Device;

/// A memory pool: the account of what was allocated from it. The memory itself always comes from
/// the device's arena, and goes back there when it is freed.
struct MemoryPool {
  MemoryPool(Device& of, bool is_default, std::uint64_t max)
      : device(of), standard(is_default), max_size(max) {}

  Device& device;
  const bool standard;           ///< the device's own, which cannot be destroyed
  const std::uint64_t max_size;  ///< Units: bytes; 0 is no limit
  std::atomic<std::uint64_t> used{0};
  std::atomic<std::uint64_t> used_high{0};
  std::atomic<std::uint64_t> release_threshold{0};
  std::atomic<int> reuse[3] = {1, 1, 1};  ///< the three REUSE_ attributes
};

}  // namespace vgpu::cpu
