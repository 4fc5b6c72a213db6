#pragma once

#include <cstdint>

namespace vgpu::exec {

/// What generated code asks of an mbarrier object.
enum class MbarrierOp : std::uint32_t {
  init,         ///< value: how many arrivals complete a phase
  inval,        ///< what was the object is plain memory again
  expect_tx,    ///< value: bytes that are to come in this phase
  complete_tx,  ///< value: bytes that have come
  arrive,       ///< value: how many arrivals; gives the state from before
  drop,         ///< as arrive; the phases after expect as many fewer
  arrive_tx,    ///< expect_tx, then one arrival
  drop_tx,      ///< expect_tx, then drop of one
  test_state,   ///< value: a state; whether the phase that it is of is over
  test_parity,  ///< value: a parity; whether the phase of this parity is over
};

/// An mbarrier object as it lies in shared memory: it counts arrivals and bytes of a phase, and
/// flips its parity when both are complete. It is only touched by the threads of its block, which
/// run on one thread of the host. Source: PTX ISA, "mbarrier".
class Mbarrier {
 public:
  explicit Mbarrier(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t bits() const noexcept { return bits_; }

  /// Returns the state before, or whether the tested phase is over.
  std::uint64_t perform(MbarrierOp op, std::uint64_t value) noexcept;

  /// How many arrivals are missing in this phase, also of a state.
  std::uint32_t pending() const noexcept { return field(kPendingShift); }

 private:
  // Two counts, then the bytes as a signed number, then the parity.
  static constexpr unsigned kPendingShift = 0, kExpectedShift = 20, kBytesShift = 40;
  static constexpr unsigned kParityShift = 62;
  static constexpr std::uint64_t kCountMask = 0xfffff, kBytesMask = 0x3fffff;

  std::uint32_t field(unsigned shift) const noexcept {
    return static_cast<std::uint32_t>(bits_ >> shift & kCountMask);
  }
  void set(unsigned shift, std::uint64_t mask, std::uint64_t value) noexcept {
    bits_ = (bits_ & ~(mask << shift)) | (value & mask) << shift;
  }
  void add_bytes(std::uint64_t count) noexcept;
  void arrive(std::uint64_t count, bool drop) noexcept;
  void complete_if_full() noexcept;
  std::uint64_t parity() const noexcept { return bits_ >> kParityShift & 1; }

  std::uint64_t bits_;
};

}  // namespace vgpu::exec

extern "C" {
/// `op` for each of `lanes`: of the object at addresses[lane] with values[lane].
void vgpu_mbarrier(std::uint32_t op, std::uint32_t lanes, const std::uint64_t* addresses,
                   const std::uint64_t* values, std::uint64_t* results);
}
