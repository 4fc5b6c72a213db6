#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vgpu::exec {

class GridRun;

/// What generated code sees of a launch. Its layout is known to the code generator.
struct Grid {
  const std::byte* params = nullptr;
  const std::uint32_t* tid[3] = {};  ///< of each thread of a block, padded to whole warps
  std::uint32_t grid[3] = {};
  std::uint32_t block[3] = {};
  std::uint32_t threads = 0;  ///< of a block
  std::uint32_t warps = 0;    ///< of a block
  std::uint32_t dynamic_shared = 0;
  std::uint32_t total_shared = 0;
  std::uint32_t envreg[2] = {};  ///< %envreg1 and 2: the address of the grid's workspace
  std::uint64_t id = 0;
  GridRun* run = nullptr;
  std::uint64_t param_bytes = 0;
};

inline constexpr std::size_t kSharedAlign = 64;  // a window's memory begins with a page

/// What generated code sees of the block that it works on. One per worker, reused.
struct BlockState {
  const Grid* grid = nullptr;
  std::byte* shared = nullptr;  ///< a multiple of kSharedAlign
  std::byte* local = nullptr;   ///< of all warps of the block, one after the other
  std::uint32_t ctaid[3] = {};
  std::uint32_t worker = 0;
  class BlockRunner* runner = nullptr;  ///< of blocks whose warps may wait

  /// Names block number `block` of the grid, counted with x fastest.
  void place(std::uint64_t block) noexcept {
    ctaid[0] = static_cast<std::uint32_t>(block % grid->grid[0]);
    ctaid[1] = static_cast<std::uint32_t>(block / grid->grid[0] % grid->grid[1]);
    ctaid[2] = static_cast<std::uint32_t>(block / grid->grid[0] / grid->grid[1]);
  }
};

/// Frame of a warp that can wait: a header, then the values that live across barriers.
struct WarpFrame {
  std::uint32_t resume = 0;  ///< where to go on; 0 is the start
  std::uint32_t result = 0;  ///< of the barrier that was waited for: bar.red's
  std::uint32_t mask = 0;    ///< lanes that wait
};
inline constexpr std::size_t kFrameHeader = 64;  // keeps the values aligned

/// Why a warp function returned: 0 when the warp has ended, else this, packed.
struct Arrival {
  static constexpr unsigned kKindShift = 0;     ///< 4 bits: a BarrierKind, never 0
  static constexpr unsigned kIdShift = 8;       ///< 8 bits
  static constexpr unsigned kTrueShift = 16;    ///< 8 bits: lanes whose predicate holds
  static constexpr unsigned kActiveShift = 24;  ///< 8 bits: lanes that arrived
  static constexpr unsigned kCountShift = 32;   ///< 32 bits: threads expected; 0 is all
};

/// Barriers 0 to 15 have names in PTX; this one is barrier.cluster's.
inline constexpr std::uint32_t kClusterBarrier = 16;

enum class BarrierKind : std::uint8_t { none, sync, popc, all, any, arrive, yield };

/// Runs blocks [begin, end) to their end: kernels that never wait.
using FlatKernel = void (*)(BlockState* state, std::uint64_t begin, std::uint64_t end);
/// Runs a warp until it ends or waits; returns an Arrival.
using WarpKernel = std::uint64_t (*)(BlockState* state, std::uint32_t warp, std::byte* frame);

}  // namespace vgpu::exec
