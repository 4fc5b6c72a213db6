#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

#include "shim/cpu/exec/address_space.h"

namespace vgpu::jit::test {

/// Gives out whole pages of what kernels may access.
template <class T>
struct DeviceAllocator {
  using value_type = T;
  DeviceAllocator() = default;
  template <class U>
  explicit DeviceAllocator(const DeviceAllocator<U>&) {}

  T* allocate(std::size_t count) {
    void* const at = exec::address_space().reserve(count * sizeof(T), 4096);
    if (at == nullptr) throw std::bad_alloc();
    if (::mprotect(at, count * sizeof(T), PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    return static_cast<T*>(at);
  }
  void deallocate(T* at, std::size_t count) {
    exec::address_space().release(at, count * sizeof(T));
  }
  friend bool operator==(const DeviceAllocator&, const DeviceAllocator&) { return true; }
};

/// Device memory that a test fills and reads like a vector.
template <class T>
using Memory = std::vector<T, DeviceAllocator<T>>;

}  // namespace vgpu::jit::test
