#pragma once

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

// Every function that isa.def names in its last column. `core` and `later` are no lowerings: see
// find_lowering.
#define PTX_INSTRUCTION(opcode, modifiers, types, operands, lowering) void lowering(Emit&);
#include "shim/cpu/ptx/isa.def"
#undef PTX_INSTRUCTION

}  // namespace vgpu::jit
