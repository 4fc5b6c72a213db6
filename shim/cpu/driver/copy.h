#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

class Context;
struct Stream;

/// One side of a copy: rows of a box in memory. Units: bytes.
struct CopySide {
  CUmemorytype type = CU_MEMORYTYPE_UNIFIED;
  std::uint64_t at = 0;     ///< the box's first byte
  std::uint64_t pitch = 0;  ///< from row to row
  std::uint64_t slice = 0;  ///< from layer to layer
};

/// A box of memory to be copied.
struct Copy {
  CopySide to;
  CopySide from;
  std::uint64_t width = 0;
  std::uint64_t height = 1;
  std::uint64_t depth = 1;
};

/// A copy of `bytes` between two addresses.
Copy linear_copy(CUmemorytype to_type, std::uint64_t to, CUmemorytype from_type, std::uint64_t from,
                 std::uint64_t bytes);

/// Copies in `stream`'s order and returns when the program may see it: at once where CUDA says
/// so, else when it is done. Errors: INVALID_VALUE for a range that is not in one allocation.
void copy_in_order(const std::shared_ptr<Context>& context, const Copy& copy);
void copy_async(const std::shared_ptr<Stream>& stream, const Copy& copy);

}  // namespace vgpu::cpu
