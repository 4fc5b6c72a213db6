#pragma once

#include <cstddef>
#include <string>

namespace vgpu::exec {

/// Formats what a kernel gave to vprintf: `arguments` is the block that the compiler filled, each
/// value at its natural alignment (int 4, everything else 8 bytes). Both pointers are a kernel's:
/// reading them may fault, so call it inside run_guarded with no lock held; `out` is then left
/// valid. Returns the number of arguments used, or -1 for a format that CUDA does not accept.
/// Source: CUDA C++ Programming Guide, "Formatted Output"; flags, width, precision, size and type
/// as printf(3), at most 32 arguments, %n not supported.
int format_device_printf(const char* format, const void* arguments, std::string& out);

}  // namespace vgpu::exec
