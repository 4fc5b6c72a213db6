#pragma once

#include <llvm/IR/Function.h>

namespace vgpu::jit {

/// Makes code of the products of bytes that lowering left open, now that optimisation shows which
/// factors never have a sign.
void finish_dots(llvm::Function& function);

}  // namespace vgpu::jit
