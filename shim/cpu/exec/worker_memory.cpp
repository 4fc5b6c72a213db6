#include "shim/cpu/exec/worker_memory.h"

#include <algorithm>
#include <new>

namespace vgpu::exec {

namespace {

constexpr std::size_t kSmallest = std::size_t{64} << 10;
constexpr std::size_t kMostFree = 256;  // kept: a large cooperative grid has thousands

}  // namespace

std::byte* WorkerMemory::grow(Area& area, std::size_t bytes) {
  if (area.window == nullptr || area.size < bytes) {
    area.window.reset();
    area.size = std::max({bytes, 2 * area.size, kSmallest});
    area.window = std::make_unique<Window>(area.size);
  }
  return area.window->data();
}

Fiber& WorkerMemory::fiber(std::size_t index) {
  while (fibers_.size() <= index) fibers_.push_back(std::make_unique<Fiber>());
  return *fibers_[index];
}

std::unique_ptr<WorkerMemory> MemoryPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      auto memory = std::move(free_.back());
      free_.pop_back();
      return memory;
    }
  }
  return std::make_unique<WorkerMemory>();
}

void MemoryPool::give(std::unique_ptr<WorkerMemory> memory) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (free_.size() < kMostFree) free_.push_back(std::move(memory));
  } catch (const std::bad_alloc&) {
    // It is freed instead.
  }
}

}  // namespace vgpu::exec
