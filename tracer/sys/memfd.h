#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

/// What the names of this supervisor's objects begin with: another's, whose guest we may be or who
/// may be our guest, is known by its own.
const std::string& own_mark();

/// Makes a sealed memory file of this content and permission bits, offset 0. /proc/PID/fd/N shows
/// its name, after own_mark(). Errors: std::system_error. Source: memfd_create(2).
UniqueFd make_memfd(const std::string& name, std::string_view content, mode_t mode);

/// The same of what `fill` writes to it.
UniqueFd make_memfd(const std::string& name, const std::function<void(int)>& fill, mode_t mode);

/// Makes a memory file of `size` zero bytes, which all who open it may write; its size is fixed, so
/// that nobody's mapping can be cut short. Errors: std::system_error.
UniqueFd make_shared_memfd(const std::string& name, std::size_t size, mode_t mode);

/// Opens the file behind `fd` once more: a new description with its own offset and `flags`.
/// Errors: std::system_error.
UniqueFd reopen(int fd, int flags);

}  // namespace vgpu::tracer
