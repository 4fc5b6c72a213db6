#pragma once

#include "shim/abi/profile.h"
#include "shim/shared/shared_table.h"

namespace vgpu::nvml {

/// The tree's configuration; without GPUs where there is no supervisor. libnvidia-ml.so.1 reads the
/// file that the supervisor serves; a unit test defines its own.
/// Errors: std::runtime_error when it is there and cannot be read.
DeviceConfig load_config();

/// What the processes of the tree use of the GPUs.
SharedTable& session_table();

}  // namespace vgpu::nvml
