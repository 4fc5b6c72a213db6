#pragma once

#include <sys/types.h>

#include <array>
#include <climits>
#include <cstddef>
#include <span>
#include <string_view>

#include "tracer/syscalls/call.h"

namespace vgpu::tracer {

/// Room for the longest path that the kernel accepts, and its NUL.
using PathBuffer = std::array<char, PATH_MAX>;

/// Reads the string at `at` into `buffer`. Returns a view of it, or one whose data() is nullptr
/// when it is not readable or too long: the kernel then finds the same fault and says so.
std::string_view read_string(pid_t tid, GuestPtr at, PathBuffer& buffer) noexcept;

/// Reads all of `out`, or returns false.
bool read_memory(pid_t tid, GuestPtr at, std::span<std::byte> out) noexcept;

/// Writes all of `data`, or returns false: the guest's answer is then EFAULT.
bool write_memory(pid_t tid, GuestPtr at, std::span<const std::byte> data) noexcept;

}  // namespace vgpu::tracer
