#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/option_table.h"

namespace vgpu::launcher {

/// The world that options come from; tests bring their own.
struct OptionSources {
  /// Value of an environment variable, if it is set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// Text of a file, if it exists. Errors: std::runtime_error if it exists and cannot be read.
  std::function<std::optional<std::string>(const std::string& path)> file;
};

/// The process's own environment and the machine's files.
OptionSources real_sources();

/// What one source says: option -> its values there.
using Settings = std::map<const OptionRow*, std::vector<std::string>>;

/// Errors of all three: std::runtime_error in the user's language.
Settings from_command_line(const std::vector<std::string>& words);
Settings from_environment(const OptionSources& sources);
/// `path` is what errors name.
Settings from_text(std::string_view text, const std::string& path);

/// Returns the environment variable of an option, e.g. VGPU_DRY_RUN.
std::string variable_name(const OptionRow& row);

}  // namespace vgpu::launcher
