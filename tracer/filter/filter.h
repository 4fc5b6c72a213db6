#pragma once

#include <linux/filter.h>

#include <span>
#include <vector>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

/// Makes the filter program: every call of syscalls() notifies, io_uring and x32 do not exist,
/// the rest passes untouched.
std::vector<sock_filter> make_filter();

/// Installs `program` in the calling process and returns the listener (close-on-exec). For the
/// child between fork and exec: it must have one thread; nothing is allocated unless it fails.
/// New privileges are given up only where the kernel asks for it, so that setuid programs keep
/// working for root.
/// Errors: std::system_error; EBUSY when another supervisor holds a listener on this process.
UniqueFd install_filter(std::span<const sock_filter> program);

}  // namespace vgpu::tracer
