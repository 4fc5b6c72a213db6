#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/smi/nvml_client.h"

namespace vgpu::smi {

/// The report of -q. `sections`: what -d asks for, in capitals, separated by commas; empty: all.
std::string text_report(const Nvml& nvml, const std::vector<Device>& devices,
                        std::string_view sections);

/// The same with -x.
std::string xml_report(const Nvml& nvml, const std::vector<Device>& devices,
                       std::string_view sections);

/// True when -d knows every section that is named.
bool are_sections(std::string_view sections);

/// "13.0", or "N/A".
std::string cuda_version(const Nvml& nvml);

}  // namespace vgpu::smi
