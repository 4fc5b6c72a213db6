#pragma once

#include <vector>

#include "shim/api/device.h"

namespace vgpu::cpu {

/// Makes the devices ready. Errors: std::bad_alloc when their addresses cannot be reserved.
void start(std::vector<GpuProfile> visible, const DeviceOptions& options);

}  // namespace vgpu::cpu
