#include "shim/cpu/exec/mbarrier.h"

#include <bit>
#include <cstring>

#include "shim/cpu/exec/address.h"

namespace vgpu::exec {

std::uint64_t Mbarrier::perform(MbarrierOp op, std::uint64_t value) noexcept {
  const std::uint64_t before = bits_;
  switch (op) {
    case MbarrierOp::init:
      bits_ = 0;
      set(kPendingShift, kCountMask, value);
      set(kExpectedShift, kCountMask, value);
      break;
    case MbarrierOp::inval:
      break;
    case MbarrierOp::expect_tx:
      add_bytes(value);
      break;
    case MbarrierOp::complete_tx:
      add_bytes(0 - value);
      complete_if_full();
      break;
    case MbarrierOp::arrive:
    case MbarrierOp::drop:
      arrive(value, op == MbarrierOp::drop);
      break;
    case MbarrierOp::arrive_tx:
    case MbarrierOp::drop_tx:
      add_bytes(value);
      arrive(1, op == MbarrierOp::drop_tx);
      break;
    case MbarrierOp::test_state:
      return (value >> kParityShift & 1) != parity() ? 1 : 0;
    case MbarrierOp::test_parity:
      return (value & 1) != parity() ? 1 : 0;
  }
  return before;
}

void Mbarrier::add_bytes(std::uint64_t count) noexcept {
  set(kBytesShift, kBytesMask, (bits_ >> kBytesShift) + count);
}

void Mbarrier::arrive(std::uint64_t count, bool drop) noexcept {
  set(kPendingShift, kCountMask, pending() - count);
  if (drop) set(kExpectedShift, kCountMask, field(kExpectedShift) - count);
  complete_if_full();
}

void Mbarrier::complete_if_full() noexcept {
  if (pending() != 0 || (bits_ >> kBytesShift & kBytesMask) != 0) return;
  set(kPendingShift, kCountMask, field(kExpectedShift));
  set(kParityShift, 1, parity() ^ 1);
}

}  // namespace vgpu::exec

void vgpu_mbarrier(std::uint32_t op, std::uint32_t lanes, const std::uint64_t* addresses,
                   const std::uint64_t* values, std::uint64_t* results) {
  for (; lanes != 0; lanes &= lanes - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
    void* const at = vgpu::exec::pointer(addresses[lane]);
    std::uint64_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    vgpu::exec::Mbarrier object(bits);
    results[lane] = object.perform(static_cast<vgpu::exec::MbarrierOp>(op), values[lane]);
    bits = object.bits();
    std::memcpy(at, &bits, sizeof bits);
  }
}
