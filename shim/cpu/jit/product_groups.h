#pragma once

#include <llvm/IR/Function.h>

#include "shim/cpu/jit/host_features.h"
#include "shim/cpu/jit/lower_matrix.h"

namespace vgpu::jit {

/// Says of a function, which gives the registers of d for those of a, b and c, that it computes
/// `product`, if that is one that group_products can make together with others.
void mark_product(llvm::Function& function, const MatrixProduct& product);

/// Makes products of matrices of bytes that share B, or of which one adds to what another gave, in
/// one call: see product_code.h. What they need must be there before the first result is used.
void group_products(llvm::Function& function, const HostFeatures& features);

}  // namespace vgpu::jit
