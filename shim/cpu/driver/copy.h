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

/// Checks a copy that is not made yet. Errors: as above.
void check_copy(const Copy& copy);
/// Copies, here and now.
void perform_copy(const Copy& copy);

/// The copy that a description of the program's means. Errors: INVALID_VALUE, NOT_SUPPORTED.
Copy copy_of(const CUDA_MEMCPY3D* description, const Context& context);

}  // namespace vgpu::cpu
