#pragma once

#include "shim/cpu/jit/lower_matrix.h"

namespace vgpu::jit {

/// The lanes that run the instruction, as bits.
struct RunningLanes {
  llvm::Value* bits;  ///< i32
  bool all;           ///< known to be all of them
};
RunningLanes running_lanes(Emit& e);

/// What `fill` gives, as a function that all such instructions in the module share.
Values call_shared(
    Emit& e, const std::string& name, llvm::ArrayRef<llvm::Value*> args,
    llvm::ArrayRef<llvm::Type*> results,
    const std::function<Values(llvm::IRBuilder<>&, std::span<llvm::Value* const>)>& fill);

/// `matrix`, `columns` elements a row, transposed.
llvm::Value* transposed(llvm::IRBuilder<>& b, llvm::Value* matrix, unsigned rows, unsigned columns);

}  // namespace vgpu::jit
