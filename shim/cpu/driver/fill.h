#pragma once

#include <cstddef>

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

/// Rows of elements of device memory that are to be set to one value.
struct Fill {
  CUdeviceptr to = 0;
  std::size_t pitch = 0;  ///< Units: bytes
  unsigned value = 0;     ///< its low `element` bytes count
  unsigned element = 1;   ///< Units: bytes; 1, 2 or 4
  std::size_t width = 0;  ///< Units: elements
  std::size_t height = 1;

  bool empty() const noexcept { return width == 0 || height == 0; }
};

/// Returns whether the program may look at the memory as soon as the call has returned.
/// Errors: INVALID_VALUE for a range that is not of the device, or not aligned.
bool check_fill(const Fill& fill);
/// Fills, here and now.
void perform_fill(const Fill& fill);

}  // namespace vgpu::cpu
