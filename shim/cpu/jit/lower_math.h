#pragma once

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

// Elementary functions on f32 elements, inline and without calls. Coefficients: Chebyshev
// interpolation of the named function. Bounds are over all of the stated range.

/// 2^x within 2^-22.9 relative. `flushed`: subnormal results are zero.
llvm::Value* exp2_single(Emit& e, llvm::Value* x, bool flushed);
/// Base-2 logarithm within 2^-22.5 relative.
llvm::Value* log2_single(Emit& e, llvm::Value* x);
/// Within 2^-22.5 absolute for |x| < 2^16; always in [-1, 1].
llvm::Value* sin_single(Emit& e, llvm::Value* x);
llvm::Value* cos_single(Emit& e, llvm::Value* x);
/// Within 2^-21 relative.
llvm::Value* tanh_single(Emit& e, llvm::Value* x);

}  // namespace vgpu::jit
