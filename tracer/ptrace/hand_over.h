#pragma once

#include "tracer/ptrace/held_thread.h"

namespace vgpu::tracer {

/// Gives the process of a held thread a copy of `fd`, over a pair of sockets that the thread is
/// made to open and close. Returns its number there, the lowest free one that is not below
/// `lowest`, or -errno. Nothing but the descriptor stays.
int hand_over(HeldThread& thread, int fd, bool cloexec, int lowest);

}  // namespace vgpu::tracer
