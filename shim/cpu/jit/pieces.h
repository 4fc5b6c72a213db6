#pragma once

#include <llvm/IR/IRBuilder.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace vgpu::jit {

/// A way to write elements at known distances: those that lie side by side go together.
struct Pieces {
  std::vector<std::int64_t> lanes;  ///< of each element, from the first one's. Units: bytes
  std::vector<int> order;           ///< elements by ascending distance
  std::vector<std::size_t> runs;    ///< how many of these lie side by side, from the lowest on
  unsigned size = 0;                ///< of an element. Units: bytes
};

/// Nothing where elements overlap.
std::optional<Pieces> make_pieces(const std::vector<std::int64_t>& lanes, unsigned size);

/// Writes `values`, a vector; `address` is that of the first element, an i64.
void store_pieces(llvm::IRBuilder<>& b, const Pieces& pieces, llvm::Value* address,
                  llvm::Value* values);

}  // namespace vgpu::jit
