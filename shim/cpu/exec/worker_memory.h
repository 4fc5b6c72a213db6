#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "shim/cpu/exec/fiber.h"
#include "shim/cpu/exec/window.h"

namespace vgpu::exec {

/// The memory that one thread needs to run blocks. Shared and local memory are windows, which no
/// 32-bit offset leaves without a fault. Everything only grows.
class WorkerMemory {
 public:
  // Each gives at least so many bytes. Errors: std::bad_alloc.
  std::byte* shared(std::size_t bytes) { return grow(shared_, bytes); }
  std::byte* local(std::size_t bytes) { return grow(local_, bytes); }
  std::byte* frames(std::size_t bytes) { return grow(frames_, bytes); }
  Fiber& fiber(std::size_t index);

 private:
  struct Area {
    std::unique_ptr<Window> window;
    std::size_t size = 0;
  };
  static std::byte* grow(Area& area, std::size_t bytes);

  Area shared_;
  Area local_;
  Area frames_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
};

/// Memory that is not in use. Threads take one for the time of a grid.
class MemoryPool {
 public:
  /// Errors: std::bad_alloc.
  std::unique_ptr<WorkerMemory> take();
  void give(std::unique_ptr<WorkerMemory> memory) noexcept;

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<WorkerMemory>> free_;
};

}  // namespace vgpu::exec
