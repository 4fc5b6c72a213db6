#pragma once

#include "launcher/channel.h"
#include "launcher/own_output.h"
#include "launcher/plan.h"
#include "launcher/signals.h"
#include "launcher/trace/session.h"

namespace vgpu::launcher {

/// The life of the supervisor's process: it starts the program, answers its calls until the last
/// guest has ended, and tells `news` what becomes of the program. `leash` is the program's.
/// `outputs`: what a trace and its diagnosis go to.
/// If `starter` (a pidfd of the process that the user started) is killed, all guests are too.
[[noreturn]] void live_as_supervisor(const Plan& plan, const Signals& signals, OwnOutput own,
                                     Channel news, Channel leash, tracer::UniqueFd starter,
                                     TraceOutputs outputs);

}  // namespace vgpu::launcher
