#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "shim/abi/trace_channel.h"

namespace vgpu::launcher {

/// A record as a guest wrote it. Its fields may be anything.
struct RingRecord {
  TraceKind kind = TraceKind::nothing;
  std::int64_t time = 0;
  std::uint32_t tid = 0;
  std::span<const std::byte> fields;
};

struct RingField {
  TraceField field = TraceField::end;
  std::span<const std::byte> bytes;
};

/// Takes the next field from the front of `fields`; nothing when they end or are none.
std::optional<RingField> next_field(std::span<const std::byte>& fields);

/// Reads one guest's ring, and believes nothing that is in it: all is copied before it is looked
/// at, and nothing is read twice.
class RingReader {
 public:
  /// Borrows `ring`.
  explicit RingReader(TraceRing& ring) noexcept : ring_(ring) {}

  /// Hands over what was completed, at most one ring of it, and wakes who waits for room. `last`:
  /// the guest has ended, so what is incomplete stays so and is left out.
  void drain(bool last, const std::function<void(const RingRecord&)>& take);

  /// How many records were lost since this was last asked.
  std::uint64_t take_lost() noexcept;

  /// True when the ring was written over: there is nothing more to be had from it.
  bool broken() const noexcept { return broken_; }

 private:
  std::size_t read_at(std::size_t place, std::size_t left, bool last,
                      const std::function<void(const RingRecord&)>& take);
  void hand_over(std::size_t word, TraceHead head,
                 const std::function<void(const RingRecord&)>& take);

  TraceRing& ring_;
  std::uint64_t taken_ = 0;
  std::uint64_t lost_heard_ = 0;  // of those that the guest counts
  std::uint64_t lost_ = 0;        // those that we count
  bool broken_ = false;
};

}  // namespace vgpu::launcher
