#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// How a guest tells the supervisor what it does with the GPUs: a ring in memory that both map.
namespace vgpu {

/// The virtual file of which each open gives a new ring of zeros, as long as TraceRing. It is there
/// if there is a trace, and refuses to open when too many are open.
inline constexpr std::string_view kTraceChannelPath = "/proc/driver/vgpu-run/trace";

enum class TraceKind : std::uint8_t {
  nothing,  ///< fills the end of the ring, where a record would not fit in one piece
#define RECORD(name) name,
#include "shim/abi/trace_fields.def"
};

enum class TraceField : std::uint8_t {
#define FIELD(name, type) name,
#include "shim/abi/trace_fields.def"
  end
};

/// In front of each record: its size, kind, and whether it is complete, in one word that is written
/// last. Before, when its room is taken, the word says the size alone: so a reader finds the next
/// record although a process was killed while it wrote this one. 0: nothing is here yet.
struct TraceHead {
  std::uint32_t size = 0;  ///< with the head. Units: bytes; a multiple of 8
  TraceKind kind = TraceKind::nothing;
  bool complete = false;

  static constexpr std::uint64_t kComplete = std::uint64_t{1} << 63;
  static constexpr TraceHead of(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word), static_cast<TraceKind>(word >> 32 & 0xff),
            (word & kComplete) != 0};
  }
  constexpr std::uint64_t word() const noexcept {
    return size | std::uint64_t{static_cast<std::uint8_t>(kind)} << 32 | (complete ? kComplete : 0);
  }
};

/// Behind the head; its fields follow, each TraceFieldHead and bytes. Numbers are std::int64_t.
struct TraceRecord {
  std::int64_t time = 0;     ///< CLOCK_MONOTONIC. Units: nanoseconds
  std::uint32_t tid = 0;     ///< as the writer sees itself
  std::uint32_t fields = 0;  ///< Units: bytes
};
struct TraceFieldHead {
  TraceField field = TraceField::api;
  std::uint8_t unused = 0;
  std::uint16_t size = 0;
};
inline constexpr std::size_t kMaxTraceRecord = 4096;  ///< with its heads. Units: bytes

/// A call that has begun: what a process was in the middle of when it was killed.
struct TraceCall {
  std::atomic<std::uint32_t> tid;   ///< 0: free
  std::atomic<std::int64_t> begin;  ///< CLOCK_MONOTONIC; written last, 0 before
  std::atomic<std::uint64_t> api;   ///< text, padded with NULs, as the name
  std::array<std::atomic<std::uint64_t>, 5> name;
};

/// The most memory of one GPU that the process held.
struct TracePeak {
  std::atomic<std::uint64_t> gpu;  ///< its place on the PCI bus plus one; 0: none
  std::atomic<std::uint64_t> bytes;
};

/// One process's ring. Any thread writes at `reserved`, the supervisor alone reads, from a place
/// that it keeps to itself and shows as `taken`, and leaves zeros behind. A guest may write
/// anything anywhere: the reader believes nothing.
struct TraceRing {
  static constexpr std::size_t kSize = std::size_t{1} << 20;

  std::atomic<std::uint32_t> pid;                   ///< the writer, as it sees itself
  std::atomic<std::uint32_t> waiting;               ///< threads that wait for room
  std::atomic<std::uint32_t> turn;                  ///< a futex: the reader was here
  alignas(64) std::atomic<std::uint64_t> reserved;  ///< Units: bytes since the beginning
  alignas(64) std::atomic<std::uint64_t> taken;     ///< the same, of what was read
  alignas(64) std::atomic<std::uint64_t> lost;      ///< records for which there was no room
  std::array<TracePeak, 16> peaks;
  std::array<TraceCall, 64> calls;
  alignas(64) std::array<std::atomic<std::uint64_t>, kSize / 8> words;
};

}  // namespace vgpu
