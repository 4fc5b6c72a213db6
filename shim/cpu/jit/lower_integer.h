#pragma once

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

// Integer forms of the instructions that integers and floats share by name.
void add_integer(Emit& e, ptx::Type type);
void sub_integer(Emit& e, ptx::Type type);
void mul_integer(Emit& e, ptx::Type type);
void mad_integer(Emit& e, ptx::Type type);
void min_max_integer(Emit& e, ptx::Type type, bool maximum);

/// Quotient or remainder. By zero: all ones, as the hardware's own sequence gives.
void divide_integer(Emit& e, ptx::Type type, bool remainder);

/// The upper half of the product.
llvm::Value* multiply_high(Emit& e, llvm::Value* a, llvm::Value* b, bool with_sign);

}  // namespace vgpu::jit
