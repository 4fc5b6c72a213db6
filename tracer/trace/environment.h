#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tracer/syscalls/call.h"
#include "tracer/trace/event.h"
#include "tracer/trace/wanted.h"

namespace vgpu::tracer {

/// Sorted NAME=value strings; shared by the processes that one program forks.
using Environment = std::shared_ptr<const List>;

/// Reads a null-terminated array of strings of a guest, as execve(2) has them, up to a bound.
List read_string_array(pid_t tid, GuestPtr at, Abi abi);

Environment make_environment(List variables);

/// Adds env_set, env_unset and env_gpu to the event of an exec that goes from `before` to `after`.
void add_environment(Event& event, const Environment& before, const Environment& after,
                     const Wanted& wanted);

}  // namespace vgpu::tracer
