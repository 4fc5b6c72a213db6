#include "shim/cpu/exec/grid_run.h"

#include <immintrin.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <optional>

#include "shim/cpu/exec/block_runner.h"
#include "shim/cpu/exec/fault_guard.h"
#include "shim/cpu/exec/residents.h"

namespace vgpu::exec {

namespace {

constexpr std::uint64_t kChunksPerWorker = 16;
// How often the blocks of a thread may all wait before more are begun, and how many may be: they
// may also be waiting for a block that another thread is at work on.
constexpr unsigned kPatience = 64;
constexpr std::size_t kMostResidents = 256;
constexpr unsigned kPollsPerYield = 8;
constexpr unsigned kRoundNearestMasked = 0x1f80;  // MXCSR as a process starts with it
constexpr unsigned kFlush = 0x8000 | 0x0040;      // FTZ and DAZ

}  // namespace

/// What one thread does of a grid.
struct GridRun::Turn {
  GridRun* run = nullptr;
  BlockRunner* runner = nullptr;  // of Form::resumable
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
  const unsigned before = _mm_getcsr();
  _mm_setcsr(kRoundNearestMasked | (kernel_.flush_subnormals ? kFlush : 0));
  try {
    if (kernel_.form == CodeForm::stacked)
      residents(worker);
    else
      chunks(worker);
  } catch (const std::bad_alloc&) {
    stop(Stop::no_memory);
  }
  _mm_setcsr(before);
}

/// Blocks that need nothing of each other, one after the other.
void GridRun::chunks(std::uint32_t worker) {
  auto memory = memory_.take();
  Turn turn;
  turn.run = this;
  turn.state.grid = &grid_;
  turn.state.worker = worker;
  turn.state.shared = memory->shared(std::max<std::size_t>(grid_.total_shared, 1));
  turn.state.local = memory->local(std::size_t{grid_.warps} * 32 * kernel_.local_bytes + 1);
  std::optional<BlockRunner> runner;
  if (kernel_.form == CodeForm::resumable)
    turn.runner =
        &runner.emplace(turn.state, reinterpret_cast<WarpKernel>(kernel_.entry),
                        memory->frames(grid_.warps * kernel_.frame_bytes), kernel_.frame_bytes);
  const std::uint64_t size =
      std::max<std::uint64_t>(1, blocks_ / (std::uint64_t{workers_} * kChunksPerWorker));
  while (stopped() == Stop::none) {
    turn.begin = next_.fetch_add(size, std::memory_order_relaxed);
    if (turn.begin >= blocks_) break;
    turn.end = std::min(blocks_, turn.begin + size);
    guarded(&run_turn, &turn);
  }
  memory_.give(std::move(memory));
}

/// Blocks that may wait for others: where all that this thread has wait, it begins more. Those
/// that began first go on first, so a block may wait for one before it in any case.
void GridRun::residents(std::uint32_t worker) {
  struct Round {
    Residents blocks;
    BlockRunner::Progress progress = BlockRunner::Progress::moved;
  } round{{grid_, kernel_, memory_, worker}};
  const std::size_t most = kernel_.cooperative ? SIZE_MAX : kMostResidents;
  const unsigned patience = kernel_.cooperative ? 1 : kPatience;
  const auto begin = [&](std::size_t count) {
    for (; count != 0 && next_.load(std::memory_order_relaxed) < blocks_; --count) {
      const std::uint64_t block = next_.fetch_add(1, std::memory_order_relaxed);
      if (block < blocks_) round.blocks.start(block);
    }
  };
  unsigned polled = 0;
  while (stopped() == Stop::none) {
    const std::size_t running = round.blocks.running();
    if (running == 0) begin(1);
    if (polled >= patience && running < most) {
      begin(std::min(running, most - running));
      polled = 0;
    }
    if (round.blocks.running() == 0) return;
    const auto run_round = [](void* argument) {
      auto& own = *static_cast<Round*>(argument);
      own.progress = own.blocks.round();
    };
    if (!guarded(run_round, &round)) return;
    if (round.progress == BlockRunner::Progress::deadlock) return stop(Stop::deadlock);
    polled = round.progress == BlockRunner::Progress::polled ? polled + 1 : 0;
    if (polled % kPollsPerYield == kPollsPerYield - 1) ::sched_yield();
  }
}

/// Runs code that calls the kernel; false, and the reason is known, where it was left.
bool GridRun::guarded(void (*body)(void*), void* context) noexcept {
  Fault fault;
  if (run_guarded(body, context, fault)) return true;
  if (fault.signal == 0) return false;  // who left has said why
  stop(fault.signal == SIGBUS && fault.code == BUS_ADRALN ? Stop::misaligned : Stop::fault,
       fault.address);
  return false;
}

void GridRun::run_turn(void* argument) {
  Turn& turn = *static_cast<Turn*>(argument);
  GridRun& run = *turn.run;
  if (run.kernel_.form == CodeForm::flat) {
    reinterpret_cast<FlatKernel>(run.kernel_.entry)(&turn.state, turn.begin, turn.end);
    return;
  }
  for (std::uint64_t n = turn.begin; n < turn.end; ++n) {
    turn.state.place(n);
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
