#pragma once

#include <string>

namespace vgpu::exec {

/// Keeps what a kernel printed until flush_output.
void add_output(const std::string& text);

/// Writes what was kept to standard output.
void flush_output();

/// Writes to standard error at once.
void complain(const std::string& text) noexcept;

}  // namespace vgpu::exec
