#pragma once

#include <llvm/ADT/SmallVector.h>

#include <span>

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

// Matrices that a warp holds together. All layouts of the PTX ISA but that of mma.m8n8k4.f16 are
// made of one tile: 8 lines of 4 groups, group t of line g in lane 4 * g + t, and a group is as
// many elements as fit into a 32-bit register (or one f64). A line is a row of A or a column of B.
// Of C and D a tile has 8 rows and 8 columns: columns 2 * t and 2 * t + 1 of row g in lane
// 4 * g + t, in two registers, or, as f16, in one. wmma fragments, whose layout the ISA leaves
// open, are made of the same tiles, in the order in which processors since 8.0 have them.

inline constexpr unsigned kTileLines = 8;
inline constexpr unsigned kTileGroups = 4;

using Values = llvm::SmallVector<llvm::Value*, 16>;

/// Where code goes, in the function of the kernel or outside it.
struct Kit {
  llvm::IRBuilder<>& b;
  const HostFeatures& features;
};

/// d = a * b + c for m x k, k x n and m x n elements.
struct MatrixShape {
  ptx::Mod mod;
  unsigned m, n, k;
};

/// The shape that the instruction names. Errors: Unsupported.
const MatrixShape& matrix_shape(const Emit& e);

/// The elements that matrices are made of.
struct MatrixElement {
  ptx::Type type;
  unsigned bits;
  bool with_sign;

  unsigned group_bits() const noexcept { return bits == 64 ? 64 : 32; }
  unsigned per_group() const noexcept { return group_bits() / bits; }
  /// Of one line of a tile.
  unsigned per_line() const noexcept { return kTileGroups * per_group(); }
};

/// Errors: Unsupported.
const MatrixElement& matrix_element(const Emit& e, ptx::Type type);

/// A product of matrices whose registers are tiles.
struct MatrixProduct {
  unsigned m, n, k;
  MatrixElement a, b, c, d;
  bool saturate = false;  ///< integers stay within 32 bits
  bool with_and = false;  ///< of single bits: and, else xor

  unsigned rows() const noexcept { return m / kTileLines; }  ///< of tiles
  unsigned columns() const noexcept { return n / kTileLines; }
  unsigned depth() const noexcept { return k / a.per_line(); }
  unsigned a_count() const noexcept { return rows() * depth(); }
  unsigned b_count() const noexcept { return columns() * depth(); }
  /// Registers of the accumulator of this type.
  unsigned count_of(const MatrixElement& acc) const noexcept {
    return rows() * columns() * (acc.bits == 16 ? 1 : 2);
  }
};

/// The registers of d. `registers`: those of a, of b and of c, as <32 x ..> of their groups'
/// type; tile (row, k) of a is at row + rows * k, tile (k, column) of b at k + depth * column,
/// tile (row, column) of c and d at row + rows * column.
Values multiply_tiles(Kit& kit, const MatrixProduct& product,
                      std::span<llvm::Value* const> registers);

/// The same through a function that all products of this kind in the module share.
Values call_multiply(Emit& e, const MatrixProduct& product, llvm::ArrayRef<llvm::Value*> registers);

/// The type of a register of tiles of `element`, one lane of it; f32 and f64 are such.
ptx::Type register_type(const MatrixElement& element) noexcept;

/// The elements of a vector operand, or the operand itself.
std::span<const ptx::Operand> elements_of(const ptx::Operand& operand) noexcept;
/// Errors: Unsupported, when operand `index` does not have `count` elements.
std::span<const ptx::Operand> elements_of(Emit& e, unsigned index, unsigned count);

/// `values` of one type, one after the other as one vector.
llvm::Value* joined(llvm::IRBuilder<>& b, llvm::ArrayRef<llvm::Value*> values);
/// Elements [first, first + count) of a vector.
llvm::Value* slice(llvm::IRBuilder<>& b, llvm::Value* vector, unsigned first, unsigned count);
/// The vector whose element n is element pick(n) of `vector`.
template <class F>
llvm::Value* picked(llvm::IRBuilder<>& b, llvm::Value* vector, unsigned count, F pick) {
  llvm::SmallVector<int, 64> picks;
  for (unsigned n = 0; n < count; ++n) picks.push_back(static_cast<int>(pick(n)));
  return b.CreateShuffleVector(vector, picks);
}

}  // namespace vgpu::jit
