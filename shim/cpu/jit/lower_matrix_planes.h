#pragma once

#include "shim/cpu/jit/lower_matrix.h"

namespace vgpu::jit {

/// Products of the groups of two registers, summed. A register's groups are spread over planes:
/// vectors with one factor (or several that one instruction of the processor sums) a group.
class MatrixArithmetic {
 public:
  MatrixArithmetic(Kit& kit, const MatrixProduct& product);

  /// Of one vector of the processor. Units: groups.
  unsigned width() const noexcept { return width_; }

  Values planes_a(llvm::Value* groups) { return planes(groups, product_.a, offset_a_); }
  Values planes_b(llvm::Value* groups) { return planes(groups, product_.b, offset_b_); }

  /// sum + the product of two planes.
  llvm::Value* multiply_add(llvm::Value* sum, llvm::Value* a, llvm::Value* b);

  /// What the sums lack because planes_a or planes_b are offset: a sum of the operands of b (of
  /// a), to be collected by add_excess, starting from 0, and applied by without_excess.
  bool has_excess_of_b() const noexcept { return offset_a_; }
  bool has_excess_of_a() const noexcept { return offset_b_; }
  llvm::Value* add_excess_of_b(llvm::Value* excess, llvm::Value* b);
  llvm::Value* add_excess_of_a(llvm::Value* excess, llvm::Value* a);
  llvm::Value* without_excess_of_b(llvm::Value* sum, llvm::Value* excess);
  llvm::Value* without_excess_of_a(llvm::Value* sum, llvm::Value* excess);

  /// f16 pairs as two vectors of f32, and back.
  Values widened(llvm::Value* pairs);
  llvm::Value* narrowed(llvm::Value* even, llvm::Value* odd);

 private:
  enum class Way : std::uint8_t { floats, dots, pairs, bytes, bits };

  Values planes(llvm::Value* groups, const MatrixElement& element, bool offset);
  Values float_planes(llvm::Value* groups, const MatrixElement& element);
  Values byte_planes(llvm::Value* bytes, bool with_sign, bool offset);
  Values nibbles(llvm::Value* groups, bool with_sign);
  llvm::Value* from_f8(llvm::Value* groups, unsigned index, bool e4m3);
  llvm::Value* dot(llvm::Value* sum, llvm::Value* without_sign, llvm::Value* with_sign);

  Kit& kit_;
  llvm::IRBuilder<>& b_;
  const MatrixProduct& product_;
  unsigned width_ = 8;
  Way way_ = Way::floats;
  bool offset_a_ = false;  ///< 128 was added to every element, so that none has a sign
  bool offset_b_ = false;  ///< 128 was taken from every element, so that all have one
};

}  // namespace vgpu::jit
