#include "shim/cpu/exec/device_heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "shim/cpu/exec/address.h"
#include "shim/cpu/exec/address_space.h"

namespace vgpu::exec {

namespace {

constexpr std::size_t kAlign = 16;  // and room for reads past the end, up to the next 16 bytes
constexpr std::size_t kSlab = std::size_t{8} << 20;
constexpr std::size_t kMost = std::size_t{1} << 56;  // so that sums of sizes do not overflow

std::size_t rounded(std::size_t bytes) { return (bytes + 2 * kAlign - 1) / kAlign * kAlign; }

}  // namespace

/// Makes room for `bytes` more. Slabs are never given back.
bool DeviceHeap::grow(std::size_t bytes) {
  const std::size_t size = (bytes + kSlab - 1) / kSlab * kSlab;
  void* const at = address_space().reserve(size, kSlab);
  if (at == nullptr) return false;
  if (::mprotect(at, size, PROT_READ | PROT_WRITE) != 0) {
    address_space().release(at, size);
    return false;
  }
  free_.insert(number(at), size);
  return true;
}

void* DeviceHeap::allocate(std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  if (bytes == 0 || bytes > kMost || bytes > limit_ - std::min(used_, limit_)) return nullptr;
  try {
    const std::size_t size = rounded(bytes);
    auto at = free_.take(size, kAlign);
    if (!at && grow(size)) at = free_.take(size, kAlign);
    if (!at) return nullptr;
    void* const given = pointer(*at);
    blocks_.emplace(given, bytes);
    used_ += bytes;
    return given;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

bool DeviceHeap::release(void* at) noexcept {
  if (at == nullptr) return true;
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(at);
  if (found == blocks_.end()) return false;
  used_ -= found->second;
  free_.insert(number(at), rounded(found->second));
  blocks_.erase(found);
  return true;
}

void DeviceHeap::set_limit(std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
}

DeviceHeap& device_heap() {
  static auto* const heap = new DeviceHeap;
  return *heap;
}

}  // namespace vgpu::exec
