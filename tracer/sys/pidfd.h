#pragma once

#include <sys/types.h>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

/// Opens a descriptor of the process `pid` (a thread-group leader). Empty if there is none.
/// Errors: std::system_error for all but ESRCH. Source: pidfd_open(2).
UniqueFd open_pidfd(pid_t pid);

/// Our own copy of descriptor `number` of another process: the same open file description, so the
/// offset is shared. Empty, with errno, if it is closed or not ours to take.
/// Source: pidfd_getfd(2).
UniqueFd copy_fd(const UniqueFd& pidfd, int number) noexcept;

}  // namespace vgpu::tracer
