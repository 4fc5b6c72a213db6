#pragma once

#include <cerrno>

namespace vgpu::launcher {

// As env, timeout and docker do.
inline constexpr int kOwnFailure = 125;
inline constexpr int kCannotExecute = 126;
inline constexpr int kNotFound = 127;

/// What a program that could not be executed counts as.
constexpr int status_of_exec_error(int error) noexcept {
  return error == ENOENT ? kNotFound : kCannotExecute;
}

/// What a program that a signal ended counts as.
constexpr int status_of_signal(int signal) noexcept { return 128 + signal; }

}  // namespace vgpu::launcher
