#pragma once

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

Value known(std::string text, std::string_view unit = {});
Value unknown(nvmlReturn_t result);

}  // namespace vgpu::smi
