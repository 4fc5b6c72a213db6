#pragma once

#include <string>

#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// The flags and mode of a call that names a file, as strace prints them; empty if it has none.
std::string print_flags(const Call& call);

/// ENOENT; or a number, if it has no name.
std::string error_name(int error);

/// SIGKILL; or a number, if it has no name.
std::string signal_name(int signal);

}  // namespace vgpu::tracer
