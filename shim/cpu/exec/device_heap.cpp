#include "shim/cpu/exec/device_heap.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace vgpu::exec {

namespace {

constexpr std::size_t kAlign = 16;  // and room for reads past the end, up to the next 16 bytes

}  // namespace

void* DeviceHeap::allocate(std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  if (bytes == 0 || bytes > limit_ - std::min(used_, limit_)) return nullptr;
  const std::size_t rounded = (bytes + 2 * kAlign - 1) / kAlign * kAlign;
  void* const at = std::aligned_alloc(kAlign, rounded);
  if (at == nullptr) return nullptr;
  try {
    blocks_.emplace(at, bytes);
  } catch (const std::bad_alloc&) {
    std::free(at);
    return nullptr;
  }
  used_ += bytes;
  return at;
}

bool DeviceHeap::release(void* at) noexcept {
  if (at == nullptr) return true;
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(at);
  if (found == blocks_.end()) return false;
  used_ -= found->second;
  blocks_.erase(found);
  std::free(at);
  return true;
}

void DeviceHeap::set_limit(std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
}

DeviceHeap& device_heap() {
  static DeviceHeap* const heap = new DeviceHeap;
  return *heap;
}

}  // namespace vgpu::exec
