#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <cstdint>

#include "shim/cpu/jit/host_features.h"

namespace vgpu::jit {

/// Stands for "a lane of `mask` has an address whose bits `kept` are not those of `base`", an i1,
/// until improve_gathers makes code of it. A lane near another that is not so need not be looked
/// at: see AddressSpace.
llvm::Value* mark_outside(llvm::IRBuilder<>& b, llvm::Module& module, llvm::Value* addresses,
                          llvm::Value* mask, std::uint64_t base, std::uint64_t kept);

/// Metadata of gathers that a loop does in memory which it goes through.
inline constexpr const char* kAhead = "vgpu.ahead";

/// Makes the gathers and scatters of a function cheap: where the lanes' addresses probably lie
/// close together in a way that is known now, all of them or each group's, they become loads and
/// stores of whole vectors and a permutation, behind a test at run time; tests of such addresses
/// become tests of one. Gathers of bytes and halves, which processors do not have, become such of
/// words, scatters of them loops over lanes.
void improve_gathers(llvm::Function& function, const HostFeatures& features);

}  // namespace vgpu::jit
