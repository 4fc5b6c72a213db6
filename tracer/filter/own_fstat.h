#pragma once

#include <cstdint>
#include <optional>

namespace vgpu::tracer {

/// How far behind its system call instruction this process's C library has the empty string that
/// its fstat(fd) passes as a path: the same in every process with that library, wherever it lies.
/// So a filter, which cannot read a path, knows one that is empty. Nothing if the library asks
/// otherwise, or the kernel cannot show the call (before 5.11). The caller has one thread.
/// Units: bytes, modulo 2^32.
std::optional<std::uint32_t> find_fstat_distance();

}  // namespace vgpu::tracer
