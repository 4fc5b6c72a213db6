#pragma once

#include <string>
#include <vector>

#include "launcher/smi/nvml_client.h"

namespace vgpu::smi {

/// What the program shows when it is asked for nothing: a box for each device, and the processes.
std::string overview(const Nvml& nvml, const std::vector<Device>& devices);

}  // namespace vgpu::smi
