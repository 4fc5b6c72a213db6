#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shim/abi/trace_channel.h"

namespace vgpu::trace {

/// Puts records into a ring. Any thread may write at any time, also in a signal's handler: nothing
/// is locked, and whoever is killed in between holds nobody up.
class RingWriter {
 public:
  /// Borrows `ring`.
  explicit RingWriter(TraceRing& ring) noexcept : ring_(ring) {}

  /// Writes one record. When there is no room it waits for the reader, but not for long, and not
  /// again before the reader has been there: then the record is counted as lost.
  void write(TraceKind kind, const TraceRecord& record, std::span<const std::byte> fields) noexcept;

  /// Shows that a call has begun; null when too many are going on. `api` and `name` are cut where
  /// there is no room.
  TraceCall* begin(std::uint32_t tid, std::int64_t time, const char* api,
                   const char* name) noexcept;
  static void end(TraceCall* call) noexcept;

  /// Notes that the process holds so much memory of a GPU.
  void note_memory(std::uint64_t gpu, std::uint64_t bytes) noexcept;

 private:
  bool reserve(std::size_t size, std::uint64_t& place) noexcept;
  bool wait_for_reader(std::uint64_t taken) noexcept;

  TraceRing& ring_;
  std::atomic<std::uint64_t> gave_up_at_{UINT64_MAX};  // where the reader stood then
};

}  // namespace vgpu::trace
