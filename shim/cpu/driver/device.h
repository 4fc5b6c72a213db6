#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "shim/abi/profile.h"
#include "shim/api/device.h"
#include "shim/cpu/driver/arena.h"
#include "shim/cpu/driver/graph_memory.h"
#include "shim/shared/gpu_usage.h"

namespace vgpu::cpu {

class Context;
struct MemoryPool;

/// One virtual GPU of this process.
struct Device {
  Device(int number, GpuProfile description)
      : ordinal(number),
        profile(std::move(description)),
        usage(profile),
        arena(profile.memory, usage) {}

  std::shared_ptr<MemoryPool> current_pool() const {
    const std::lock_guard lock(pool_mutex_);
    return current_pool_;
  }
  void set_current_pool(std::shared_ptr<MemoryPool> pool) {
    const std::lock_guard lock(pool_mutex_);
    current_pool_ = std::move(pool);
  }

  int attribute(CUdevice_attribute which) const {
    return profile.attributes.at(static_cast<std::size_t>(which));
  }

  const int ordinal;
  const GpuProfile profile;
  GpuUsage usage;  ///< by all processes of the tree; device memory is charged to it
  Arena arena;
  std::shared_ptr<Context> primary;  ///< there from the start, active while retained
  std::mutex primary_mutex;          ///< guards the two below and the primary's activity
  unsigned primary_retained = 0;
  unsigned primary_flags = 0;
  std::shared_ptr<MemoryPool> default_pool;
  GraphMemoryUse graph_memory;

 private:
  mutable std::mutex pool_mutex_;
  std::shared_ptr<MemoryPool> current_pool_;
};

/// The devices, in the order in which the program sees them, and how they were asked to behave.
struct Driver {
  std::vector<std::unique_ptr<Device>> devices;
  DeviceOptions options;
};

Driver& driver();

/// Errors: INVALID_DEVICE.
Device& device_at(CUdevice ordinal);

}  // namespace vgpu::cpu
