#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

/// Makes a sealed memory file of this name, content and permission bits, offset 0. /proc/PID/fd/N
/// shows the name. Errors: std::system_error. Source: memfd_create(2).
UniqueFd make_memfd(const std::string& name, std::string_view content, mode_t mode);

/// Opens the file behind `fd` once more: a new description with its own offset and `flags`.
/// Errors: std::system_error.
UniqueFd reopen(int fd, int flags);

}  // namespace vgpu::tracer
