#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "shim/abi/nvml_types.h"

namespace vgpu::smi {

/// One thing that is known of a device, or why it is not.
struct Value {
  nvmlReturn_t result = NVML_SUCCESS;
  std::string text;
  std::string_view unit;  ///< "MiB", "%", ...

  /// "35 C", "N/A".
  std::string shown() const;
  /// The same as a field of --query-...: "[N/A]".
  std::string in_csv(bool with_unit) const;
};

/// What printf would print, of at most 255 characters.
template <class... Args>
std::string printed(const char* format, const Args&... args) {
  char room[256] = {};
  static_cast<void>(std::snprintf(room, sizeof room, format, args...));
  return room;
}

/// Text that others chose, such as a process's name, as a terminal may get it: what is not
/// printable UTF-8 is "?", so that it can neither command the terminal nor begin a line.
std::string printable(std::string_view text);

Value known(std::string text, std::string_view unit = {});
Value unknown(nvmlReturn_t result);

}  // namespace vgpu::smi
