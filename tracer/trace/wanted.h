#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vgpu::tracer {

/// What is recorded.
struct Wanted {
  bool processes = true;  ///< their begin, exec and end
  bool threads = false;
  bool matching_files = false;  ///< probes and mappings of files that `marks` or a library name
  bool all_files = false;
  std::vector<std::string> marks;      ///< parts of absolute paths, any of which makes one matter
  std::vector<std::string> variables;  ///< names in an environment that matter; "NAME*": a prefix

  bool files() const noexcept { return matching_files || all_files; }

  bool marks_path(std::string_view path) const noexcept {
    for (const std::string& mark : marks)
      if (path.find(mark) != std::string_view::npos) return true;
    return false;
  }

  /// `variable`: NAME=value.
  bool marks_variable(std::string_view variable) const noexcept {
    const std::string_view given = variable.substr(0, variable.find('='));
    for (const std::string_view name : variables)
      if (name.ends_with('*') ? given.starts_with(name.substr(0, name.size() - 1)) : given == name)
        return true;
    return false;
  }
};

}  // namespace vgpu::tracer
