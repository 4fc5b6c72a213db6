#pragma once

#include <functional>

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

/// `value`, a vector, cut into pieces of `bits` bits; `f` of the pieces side by side at the
/// instruction's width again. For intrinsics of one register size.
llvm::Value* by_pieces(llvm::IRBuilder<>& b, unsigned bits, llvm::ArrayRef<llvm::Value*> values,
                       const std::function<llvm::Value*(llvm::ArrayRef<llvm::Value*>)>& f);

/// `lanes` (<32 x i1>) as the bits of an i32.
llvm::Value* mask_bits(Emit& e, llvm::Value* lanes);

/// The vector 0, 1, ... 31.
llvm::Value* lane_numbers(Emit& e);

}  // namespace vgpu::jit
