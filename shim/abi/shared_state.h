#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vgpu {

/// The virtual file that all processes of the tree map: what they do with the GPUs. It is as long
/// as SharedState and begins as zeros. Without a supervisor it is not there.
inline constexpr std::string_view kSharedStatePath = "/proc/driver/vgpu-run/state";

/// What one process does with one GPU. It belongs to the process that holds a lock on the slot's
/// number (its index, as an offset in the file, by fcntl F_SETLK); the kernel takes the lock away
/// when the process ends or executes another program, and with it all that the slot says.
/// A guest may write anything anywhere: whoever reads believes no number.
struct alignas(64) SharedSlot {
  static constexpr std::size_t kBuckets = 16;
  static constexpr std::uint64_t kBucketTime = 100'000'000;  ///< Units: nanoseconds

  std::atomic<std::uint64_t> gpu;      ///< gpu_key(); 0: nobody's slot
  std::atomic<std::uint64_t> used;     ///< device memory. Units: bytes
  std::atomic<std::uint64_t> pending;  ///< asked for, not yet granted. Units: bytes
  /// CLOCK_MONOTONIC when the GPU became busy with work of this process; 0: it is idle.
  std::atomic<std::uint64_t> busy_since;
  /// Busy time of the last buckets, each in the place of its number modulo kBuckets:
  /// number << 32 | microseconds.
  std::array<std::atomic<std::uint64_t>, kBuckets> busy;
};

struct SharedState {
  static constexpr std::size_t kSlots = 1024;
  std::array<SharedSlot, kSlots> slots;
};

}  // namespace vgpu
