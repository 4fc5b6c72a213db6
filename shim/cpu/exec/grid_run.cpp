#include "shim/cpu/exec/grid_run.h"

#include <immintrin.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <optional>

#include "shim/cpu/exec/block_runner.h"
#include "shim/cpu/exec/fault_guard.h"

namespace vgpu::exec {

namespace {

constexpr std::uint64_t kChunksPerWorker = 16;
constexpr unsigned kRoundNearestMasked = 0x1f80;  // MXCSR as a process starts with it
constexpr unsigned kFlush = 0x8000 | 0x0040;      // FTZ and DAZ

}  // namespace

/// What one thread does of a grid.
struct GridRun::Turn {
  GridRun* run = nullptr;
  BlockRunner* runner = nullptr;
  BlockState state;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

GridRun::GridRun(const Grid& grid, const CompiledKernel& kernel, MemoryPool& memory)
    : grid_(grid),
      kernel_(kernel),
      memory_(memory),
      blocks_(std::uint64_t{grid.grid[0]} * grid.grid[1] * grid.grid[2]) {
  grid_.run = this;
}

void GridRun::work(std::uint32_t worker) noexcept {
  try {
    auto memory = memory_.take();
    Turn turn;
    turn.run = this;
    turn.state.grid = &grid_;
    turn.state.worker = worker;
    turn.state.shared = memory->shared(std::max<std::size_t>(grid_.total_shared, 1));
    turn.state.local = memory->local(std::size_t{grid_.warps} * 32 * kernel_.local_bytes + 1);
    std::optional<BlockRunner> runner;
    const auto entry = reinterpret_cast<WarpKernel>(kernel_.entry);
    if (kernel_.form == CodeForm::resumable)
      runner.emplace(turn.state, entry, memory->frames(grid_.warps * kernel_.frame_bytes),
                     kernel_.frame_bytes);
    else if (kernel_.form == CodeForm::stacked)
      runner.emplace(turn.state, entry, *memory);
    turn.runner = runner.has_value() ? &*runner : nullptr;
    const std::uint64_t size =
        std::max<std::uint64_t>(1, blocks_ / (std::uint64_t{workers_} * kChunksPerWorker));
    const unsigned before = _mm_getcsr();
    _mm_setcsr(kRoundNearestMasked | (kernel_.flush_subnormals ? kFlush : 0));
    while (stopped() == Stop::none) {
      turn.begin = next_.fetch_add(size, std::memory_order_relaxed);
      if (turn.begin >= blocks_) break;
      turn.end = std::min(blocks_, turn.begin + size);
      chunk(turn);
    }
    _mm_setcsr(before);
    memory_.give(std::move(memory));
  } catch (const std::bad_alloc&) {
    stop(Stop::no_memory);
  }
}

void GridRun::chunk(Turn& turn) noexcept {
  Fault fault;
  if (run_guarded(&run_turn, &turn, fault)) return;
  if (fault.signal == 0) return;  // who left has said why
  stop(fault.signal == SIGBUS && fault.code == BUS_ADRALN ? Stop::misaligned : Stop::fault,
       fault.address);
}

void GridRun::run_turn(void* argument) {
  Turn& turn = *static_cast<Turn*>(argument);
  GridRun& run = *turn.run;
  const CompiledKernel& kernel = run.kernel_;
  if (kernel.form == CodeForm::flat) {
    reinterpret_cast<FlatKernel>(kernel.entry)(&turn.state, turn.begin, turn.end);
    return;
  }
  const Grid& grid = run.grid_;
  for (std::uint64_t n = turn.begin; n < turn.end; ++n) {
    turn.state.ctaid[0] = static_cast<std::uint32_t>(n % grid.grid[0]);
    turn.state.ctaid[1] = static_cast<std::uint32_t>(n / grid.grid[0] % grid.grid[1]);
    turn.state.ctaid[2] = static_cast<std::uint32_t>(n / grid.grid[0] / grid.grid[1]);
    if (!turn.runner->run()) run.stop(Stop::deadlock);
    if (run.stopped() != Stop::none) return;
  }
}

void GridRun::stop(Stop why, std::uint64_t address) noexcept {
  const std::lock_guard lock(mutex_);
  if (stopped() != Stop::none) return;
  fault_address_ = address;
  stopped_.store(why, std::memory_order_release);
}

}  // namespace vgpu::exec
