#pragma once

#include <span>
#include <string>
#include <string_view>

#include "launcher/smi/nvml_client.h"
#include "launcher/smi/value.h"

namespace vgpu::smi {

/// One field of --query-gpu; the tables and reports are made of them, too.
struct Field {
  std::string_view name;
  std::string_view alias;  ///< another name that is understood; empty: none
  std::string_view unit;   ///< as it stands in the column's head: "MiB"
  Value (*get)(const Nvml&, const Device&);
  std::string_view help;
};

std::span<const Field> gpu_fields();

/// The field of that name, or null.
const Field* find_field(std::string_view name);

/// The value of a field that there is.
Value field_value(const Nvml& nvml, const Device& device, std::string_view name);

/// "2026/11/23 09:45:36.123"
std::string csv_timestamp();
/// "Mon Nov 23 09:45:36 2026"
std::string log_timestamp();

}  // namespace vgpu::smi
