#pragma once

#include <string>

namespace vgpu::launcher {

/// True if the arguments (without the program's own name) begin with `trace show`.
bool is_show(char** arguments) noexcept;

/// Shows a recorded trace on standard output, as the arguments after `trace show` say, and returns
/// the exit status. Errors: std::runtime_error in the user's language.
int show_trace(char** arguments);

/// What `trace show --help` prints.
std::string show_help();

}  // namespace vgpu::launcher
