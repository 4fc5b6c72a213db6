#pragma once

#include <llvm/IR/Function.h>

#include "shim/cpu/jit/host_features.h"

namespace vgpu::jit {

/// Makes the gathers of a function cheap: where the lanes' addresses probably lie close together in
/// a way that is known now, they become loads of whole vectors and a permutation, behind a test at
/// run time. Gathers of bytes and halves, which processors do not have, become such of words.
void improve_gathers(llvm::Function& function, const HostFeatures& features);

}  // namespace vgpu::jit
