#pragma once

#include "shim/api/device.h"

namespace vgpu {

/// The device that computes on this machine's processor.
const Device& cpu_device();

}  // namespace vgpu
