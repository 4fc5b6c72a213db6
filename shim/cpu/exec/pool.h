#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>

#include "shim/cpu/exec/grid_run.h"

namespace vgpu::exec {

/// The threads that run grids: one for each core but the caller's. They start at the first grid
/// that needs them, are never joined, and work on the grids of all callers.
class Pool {
 public:
  /// The process's pool; a new one in a child after fork.
  static Pool& instance();

  /// Runs the grid with the caller's help and returns when it has ended.
  void run(GridRun& grid, bool on_own_stack);

  MemoryPool& memory() noexcept { return memory_; }
  std::uint32_t workers() const noexcept { return cores_; }

 private:
  Pool();
  void start_threads();
  void thread_main(std::uint32_t worker);

  struct Job {
    GridRun* grid = nullptr;
    std::uint32_t wanted = 0;  ///< threads that may still join
    std::uint32_t inside = 0;  ///< threads of ours at work
  };

  const pid_t owner_;
  std::uint32_t cores_ = 1;
  std::uint32_t threads_ = 0;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::list<Job> jobs_;
  MemoryPool memory_;
};

}  // namespace vgpu::exec
