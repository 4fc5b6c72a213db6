#pragma once

#include "shim/cpu/jit/lower_rounding.h"

namespace vgpu::jit {

/// Clamped to what integer type `to` holds, still in its own width.
llvm::Value* clamp_integer(Emit& e, llvm::Value* value, bool from_signed, ptx::Type to);

/// f32 or f64 to an integer, rounded as written; too large is clamped, NaN is 0.
llvm::Value* integer_from_float(Emit& e, llvm::Value* value, ptx::Type to);

/// Number of type `from` as f32 or f64 with the same value; for what is narrower than f32.
llvm::Value* widen_number(Emit& e, llvm::Value* raw, ptx::Type from);

/// f32 to f16 or bf16 elements (i16) with .relu, .sat and .satfinite as written.
llvm::Value* half_from_single(Emit& e, llvm::Value* single, bool bfloat);

// Forms of cvt with several elements.
void convert_pair(Emit& e);
void convert_pack(Emit& e);

}  // namespace vgpu::jit
