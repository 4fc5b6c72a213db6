#pragma once

#include "shim/cpu/jit/lower_rounding.h"

namespace vgpu::jit {

// f16 and bf16 elements travel as i16 (read() and write() of lower_common.h). Arithmetic on them is
// done in f32, rounded so that the result is the one correctly rounded.

/// Exact widening to f32.
llvm::Value* widen_half(Emit& e, llvm::Value* half, bool bfloat);
/// f32 -> i16. NaN gives 0x7fff.
llvm::Value* narrow_half(Emit& e, llvm::Value* single, bool bfloat, Rounding mode);

void add_half(Emit& e, ptx::Type type, bool subtract);
void mul_half(Emit& e, ptx::Type type);
void fma_half(Emit& e, ptx::Type type);

/// .ftz on i16 elements of f16, if written.
llvm::Value* flush_half(Emit& e, llvm::Value* half);

}  // namespace vgpu::jit
