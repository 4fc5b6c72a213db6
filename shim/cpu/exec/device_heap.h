#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "shim/cpu/exec/range_set.h"

namespace vgpu::exec {

/// What kernels get from malloc(): memory of kernels' addresses, of which as much is given out as
/// the limit says.
class DeviceHeap {
 public:
  /// nullptr when the heap is used up.
  void* allocate(std::size_t bytes) noexcept;
  /// False for an address that allocate() did not give. nullptr is fine.
  bool release(void* at) noexcept;
  /// CU_LIMIT_MALLOC_HEAP_SIZE, of whichever context it was set for. What is given out stays.
  void set_limit(std::size_t bytes) noexcept;

 private:
  bool grow(std::size_t bytes);

  std::mutex mutex_;
  RangeSet free_;
  std::size_t limit_ = std::size_t{8} << 20;
  std::size_t used_ = 0;
  std::unordered_map<void*, std::size_t> blocks_;  // as asked for
};

/// The process's heap; lives as long as the process.
DeviceHeap& device_heap();

}  // namespace vgpu::exec
