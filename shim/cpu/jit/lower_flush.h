#pragma once

#include <span>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::jit {

/// True when the processor may flush subnormals of every f32 and f64 operation while `code` runs,
/// and nothing but .ftz instructions can tell; and there is an .ftz instruction to gain from it.
/// All of what runs under one mode must agree: a kernel and the functions that it calls.
bool may_flush_by_mode(std::span<const ptx::Instruction> code) noexcept;

/// The first half alone: no instruction of `code` would come out differently.
bool bears_flushing(std::span<const ptx::Instruction> code) noexcept;

}  // namespace vgpu::jit
