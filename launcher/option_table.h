#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vgpu::launcher {

enum class Takes : std::uint8_t {
  nothing,   ///< a switch
  value,     ///< one value; the last one given counts
  values,    ///< may be repeated
  optional,  ///< a value only after "="
};

enum class Where : std::uint8_t {
  everywhere,    ///< command line, environment, configuration files
  not_in_files,  ///< command line, environment
  command_line,
};

/// One option. Parser, environment, configuration files, --help, the manual page and the shell
/// completion all follow these rows.
struct OptionRow {
  std::string_view name;  ///< "gpu": --gpu, VGPU_GPU, key `gpu`
  char letter;            ///< 'q' for -q, or 0
  Takes takes;
  std::string_view argument;  ///< as --help names it
  Where where;
  std::string_view help;
};

std::span<const OptionRow> option_rows() noexcept;

/// Returns the row, or nullptr.
const OptionRow* find_option(std::string_view name) noexcept;
const OptionRow* find_option(char letter) noexcept;

}  // namespace vgpu::launcher
