#pragma once

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

// Elementary functions on f32 elements, inline and without calls. Coefficients: Chebyshev
// interpolation of the named function. The bounds were measured on millions of arguments.

/// 2^x within 2^-23.5 relative. `flushed`: subnormal results are zero.
llvm::Value* exp2_single(Emit& e, llvm::Value* x, bool flushed);
/// Base-2 logarithm within 2^-22.9 relative.
llvm::Value* log2_single(Emit& e, llvm::Value* x);
/// Within 2^-23 absolute for |x| < 2^16; always in [-1, 1].
llvm::Value* sin_single(Emit& e, llvm::Value* x);
llvm::Value* cos_single(Emit& e, llvm::Value* x);
/// Within 2^-22 relative.
llvm::Value* tanh_single(Emit& e, llvm::Value* x);

}  // namespace vgpu::jit
