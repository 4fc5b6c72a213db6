#pragma once

#include "shim/abi/profile.h"

namespace vgpu::launcher {

/// Changes the attributes that say what the driver can do from what the real card's can to what
/// the cpu device can. What describes the card itself (clocks, sizes) stays.
void limit_to_cpu_device(GpuProfile& gpu);

}  // namespace vgpu::launcher
