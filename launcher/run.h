#pragma once

#include "launcher/own_output.h"
#include "launcher/plan.h"
#include "launcher/signals.h"

namespace vgpu::launcher {

/// Runs the plan's program under supervision and returns what our exit status has to be: we stand
/// for it before our parent, so we pass on its signals, stop when it stops and end when it ends.
/// Errors: std::system_error.
int run(const Plan& plan, const Signals& signals, OwnOutput& own);

/// True if this process lives under another vgpu-run: the kernel lets but one supervise.
bool is_inside_another() noexcept;

/// Becomes the plan's program, without supervision. Returns what the exit status has to be if it
/// cannot.
int become_program(const Plan& plan, const Signals& signals, OwnOutput& own);

}  // namespace vgpu::launcher
