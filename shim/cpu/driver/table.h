#pragma once

#include "shim/api/driver_table.h"

namespace vgpu::cpu {

/// The entry points of the `cpu` device. What it does not implement is null.
const DriverTable& table();

}  // namespace vgpu::cpu
