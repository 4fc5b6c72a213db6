#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "shim/cpu/exec/context.h"
#include "shim/cpu/exec/worker_memory.h"

namespace vgpu::exec {

/// Runs the warps of a block, one after the other, as far as each can go; keeps the barriers.
class BlockRunner {
 public:
  static constexpr std::size_t kMaxWarps = 64;

  /// Warps return at barriers: `frame_bytes` for each.
  BlockRunner(BlockState& state, WarpKernel kernel, std::byte* frames, std::size_t frame_bytes);
  /// Warps run on stacks of their own.
  BlockRunner(BlockState& state, WarpKernel kernel, WorkerMemory& memory);

  /// What became of a block in one round.
  enum class Progress : std::uint8_t {
    ended,
    moved,     ///< some warp got further
    polled,    ///< every warp that ran waits for something in memory
    deadlock,  ///< its warps wait for each other for ever
  };

  /// Begins the block that `state` names.
  void start();
  /// Lets each warp that can run do so once.
  Progress round();

  /// Runs the block that `state` names. False if its warps wait for each other for ever.
  bool run();

  /// bar.arrive of `warp`.
  void arrive(std::uint32_t warp, std::uint64_t arrival);
  /// A barrier of a warp on a stack of its own: returns when it is complete, with its result.
  std::uint32_t wait(std::uint32_t warp, std::uint64_t arrival);
  /// Of a warp on a stack of its own that tries something again: now and then the others' turn.
  void pause(std::uint32_t warp);

 private:
  struct Barrier {
    std::uint64_t waiting = 0;  ///< warps
    std::uint32_t arrived = 0;  ///< warps
    std::uint32_t trues = 0;
    std::uint32_t active = 0;
    std::uint32_t count = 0;  ///< threads that must come; 0 is all
  };
  /// A warp on a stack of its own.
  struct Stacked {
    BlockRunner* runner = nullptr;
    Fiber* fiber = nullptr;
    std::uint32_t warp = 0;
    std::uint32_t result = 0;    ///< of the barrier it waited for
    std::uint64_t returned = 0;  ///< by its kernel
  };

  std::uint64_t step(std::uint32_t warp);
  bool came(std::uint32_t warp, std::uint64_t arrival, bool waits);
  void complete_if_full(Barrier& barrier);
  void ended(std::uint32_t warp);
  static void stacked_main(void* stacked);

  BlockState& state_;
  WarpKernel kernel_;
  std::byte* frames_ = nullptr;
  std::size_t frame_bytes_ = 0;
  WorkerMemory* stacks_ = nullptr;
  std::vector<Stacked> stacked_;
  std::uint64_t runnable_ = 0;
  std::uint32_t live_ = 0;
  std::array<Barrier, kClusterBarrier + 1> barriers_;
  std::uint32_t used_ = 0;  ///< bits of the barriers that are not as they were at the start
  std::array<std::uint8_t, kMaxWarps> kind_{};  ///< of the barrier that each warp waits at
  bool invalid_ = false;
  bool paused_ = false;      ///< the warp that ran last gave up its turn in pause()
  std::uint32_t tries_ = 0;  ///< counted by pause()
};

}  // namespace vgpu::exec
