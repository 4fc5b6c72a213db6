#pragma once

#include "tracer/syscalls/table.h"

namespace vgpu::tracer {

/// Calls that are of no interest but to a trace. Numbers are those of x86-64.
/// Returns the row of `number`, or nullptr.
const SyscallDef* find_watched(int number) noexcept;

/// All rows.
std::span<const SyscallDef> watched_calls() noexcept;

}  // namespace vgpu::tracer
