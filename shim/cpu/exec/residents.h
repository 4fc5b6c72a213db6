#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "shim/cpu/exec/block_runner.h"
#include "shim/cpu/exec/context.h"
#include "shim/cpu/exec/worker_memory.h"

namespace vgpu::exec {

struct CompiledKernel;

/// The blocks that one thread works on by turns, of a kernel whose warps have stacks of their own.
/// There is one, and more only where it waits for blocks that have not begun.
class Residents {
 public:
  Residents(const Grid& grid, const CompiledKernel& kernel, MemoryPool& memory,
            std::uint32_t worker);
  ~Residents();
  Residents(const Residents&) = delete;
  Residents& operator=(const Residents&) = delete;

  /// Begins a block. Errors: std::bad_alloc.
  void start(std::uint64_t block);
  /// Lets each warp of each block that can run do so once. It runs the kernel's code: where that
  /// faults it is left at once.
  BlockRunner::Progress round();
  /// Blocks that have begun and not ended.
  std::size_t running() const noexcept { return running_; }

 private:
  struct Resident {
    std::unique_ptr<WorkerMemory> memory;
    BlockState state;
    std::unique_ptr<BlockRunner> runner;
    bool running = false;
  };
  Resident& vacant();

  const Grid& grid_;
  const CompiledKernel& kernel_;
  MemoryPool& memory_;
  const std::uint32_t worker_;
  std::vector<std::unique_ptr<Resident>> all_;
  std::size_t running_ = 0;
};

}  // namespace vgpu::exec
