#pragma once

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

/// mma.m8n8k4 of f16, whose matrices each belong to a pair of quads of lanes.
void multiply_quads(Emit& e);

}  // namespace vgpu::jit
