#pragma once

#include "tracer/notify/listener.h"
#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// Makes `reply.fd` the working directory of the caller, and answers the call. A listener can give
/// descriptors but set nothing, so the thread is held for the length of two system calls that it
/// makes in place of its own: fchdir and close.
///
/// The guest gets EACCES where it cannot be held.
/// Errors: std::system_error for what must not happen.
void enter_directory(Listener& listener, const Call& call, const EnterDirectory& reply);

/// Makes the caller execute `reply.fd` with the arguments and the environment that it gave: its
/// call goes on as execveat(fd, "", ..., AT_EMPTY_PATH), which comes to the listener once more.
/// If that fails the guest sees the error, and registers that a C function may change are changed.
///
/// The guest gets EACCES where it cannot be held.
/// Errors: std::system_error for what must not happen.
void execute(Listener& listener, const Call& call, const Execute& reply);

}  // namespace vgpu::tracer
