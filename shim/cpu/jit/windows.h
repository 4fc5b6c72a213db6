#pragma once

#include <llvm/IR/IRBuilder.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "shim/cpu/jit/host_features.h"

namespace vgpu::jit {

/// A way to read elements at known distances: a few loads of whole vectors ("windows") that stay
/// between the first and the last element, and permutations of them.
struct Windows {
  std::vector<std::int64_t> lanes;  ///< of each element, from the first one's. Units: bytes
  std::int64_t first = 0;           ///< the lowest of them
  std::int64_t end = 0;             ///< one past the last byte
  unsigned size = 0;                ///< of an element. Units: bytes
  unsigned grain = 0;               ///< all distances are multiples of it. Units: bytes
  unsigned width = 0;               ///< of a window. Units: bytes
};

/// Nothing where the elements are too far apart to be worth it, or so far that memory between
/// them might not be there.
std::optional<Windows> make_windows(const std::vector<std::int64_t>& lanes, unsigned size,
                                    const HostFeatures& features);

/// Reads them; `address` is that of the first element, an i64. `type` is the vector that is wanted.
llvm::Value* load_windows(llvm::IRBuilder<>& b, const Windows& windows, llvm::Value* address,
                          llvm::Type* type);

}  // namespace vgpu::jit
