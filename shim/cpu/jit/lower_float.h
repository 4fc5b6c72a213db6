#pragma once

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

// f32 (also f32x2) and f64 forms of the instructions that integers and floats share by name.
void add_float(Emit& e, ptx::Type type);
void sub_float(Emit& e, ptx::Type type);
void mul_float(Emit& e, ptx::Type type);
void fma_float(Emit& e, ptx::Type type);
void divide_float(Emit& e, ptx::Type type);

/// min and max of f32, f64, f16, bf16 and their packed pairs.
void min_max_float(Emit& e, ptx::Type type, bool maximum);

}  // namespace vgpu::jit
