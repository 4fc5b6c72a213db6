#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "shim/cpu/exec/context.h"
#include "shim/cpu/exec/worker_memory.h"

namespace vgpu::exec {

/// How generated code is to be entered.
enum class CodeForm : std::uint8_t { flat, resumable, stacked };

/// What to run, once compiled.
struct CompiledKernel {
  CodeForm form = CodeForm::flat;
  void* entry = nullptr;
  std::size_t frame_bytes = 0;    ///< of a warp
  std::uint32_t local_bytes = 0;  ///< of a thread
  bool flush_subnormals = false;
  bool cooperative = false;  ///< all blocks of a grid are there at once
};

/// Why a grid stopped before its end.
enum class Stop : std::uint8_t { none, trap, assertion, fault, misaligned, deadlock, no_memory };

/// One launch, worked on by several threads.
class GridRun {
 public:
  GridRun(const Grid& grid, const CompiledKernel& kernel, MemoryPool& memory);

  /// Takes chunks of blocks until none is left. Any number of threads may be in here.
  void work(std::uint32_t worker) noexcept;

  std::uint64_t blocks() const noexcept { return blocks_; }
  Stop stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  std::uint64_t fault_address() const noexcept { return fault_address_; }
  std::uint32_t workers() const noexcept { return workers_; }
  void set_workers(std::uint32_t workers) noexcept { workers_ = workers; }

  /// Remembers the first reason.
  void stop(Stop why, std::uint64_t address = 0) noexcept;

 private:
  struct Turn;
  static void run_turn(void* turn);
  void chunks(std::uint32_t worker);
  void residents(std::uint32_t worker);
  bool guarded(void (*body)(void*), void* context) noexcept;

  Grid grid_;
  const CompiledKernel& kernel_;
  MemoryPool& memory_;
  std::uint64_t blocks_ = 0;
  std::uint32_t workers_ = 1;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<Stop> stopped_{Stop::none};
  std::mutex mutex_;
  std::uint64_t fault_address_ = 0;
};

}  // namespace vgpu::exec
