#pragma once

#include <cstdint>

#include "shim/cpu/driver/error.h"

namespace vgpu::cpu {

/// Sizes and addresses that programs compute. Errors: INVALID_VALUE when they overflow.
inline std::uint64_t checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  require_value(!__builtin_add_overflow(a, b, &sum), "the range leaves the address space");
  return sum;
}

inline std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  require_value(!__builtin_mul_overflow(a, b, &product), "the range leaves the address space");
  return product;
}

}  // namespace vgpu::cpu
