#pragma once

#include <llvm/IR/IRBuilder.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "shim/cpu/jit/host_features.h"

namespace vgpu::jit {

/// What is known of an address: that it is `rest` more than a multiple of `of`, a power of two.
struct Phase {
  std::int64_t of = 1;
  std::int64_t rest = 0;
};

/// A way to read elements at known distances: a few loads of whole vectors ("windows") that stay
/// between the first and the last element, or in the aligned pieces of memory that hold these, and
/// permutations of them. Elements between others are thus read from the same windows as those.
struct Windows {
  std::vector<std::int64_t> lanes;  ///< of each element, from the first one's. Units: bytes
  std::int64_t first = 0;           ///< where the lowest window begins
  std::int64_t end = 0;             ///< one past the last byte
  std::int64_t piece = 1;           ///< windows begin a multiple of it after `first`. Units: bytes
  unsigned size = 0;                ///< of an element. Units: bytes
  unsigned grain = 0;               ///< all distances are multiples of it. Units: bytes
  unsigned width = 0;               ///< of a window. Units: bytes
};

/// Nothing where the elements are too far apart to be worth it, or so far that memory between
/// them might not be there.
std::optional<Windows> make_windows(const std::vector<std::int64_t>& lanes, unsigned size,
                                    const HostFeatures& features, Phase phase);

/// Vectors of one type, as many as a power of two, one after the other.
llvm::Value* joined(llvm::IRBuilder<>& b, std::vector<llvm::Value*> parts);

/// Reads them; `address` is that of the first element, an i64. `type` is the vector that is wanted.
llvm::Value* load_windows(llvm::IRBuilder<>& b, const Windows& windows, llvm::Value* address,
                          llvm::Type* type);

}  // namespace vgpu::jit
