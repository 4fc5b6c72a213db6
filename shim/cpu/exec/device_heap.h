#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>

namespace vgpu::exec {

/// What kernels get from malloc(): host memory, of which as much is given out as the limit says.
class DeviceHeap {
 public:
  /// nullptr when the heap is used up.
  void* allocate(std::size_t bytes) noexcept;
  /// False for an address that allocate() did not give. nullptr is fine.
  bool release(void* at) noexcept;
  /// CU_LIMIT_MALLOC_HEAP_SIZE.
  void set_limit(std::size_t bytes) noexcept;

 private:
  std::mutex mutex_;
  std::size_t limit_ = std::size_t{8} << 20;
  std::size_t used_ = 0;
  std::unordered_map<void*, std::size_t> blocks_;
};

/// The process's heap; lives as long as the process.
DeviceHeap& device_heap();

}  // namespace vgpu::exec
