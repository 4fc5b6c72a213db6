#pragma once

#include "shim/abi/profile.h"

namespace vgpu {

/// Reads the tree's configuration; without GPUs if there is no such file: nobody supervises us.
/// Errors: std::runtime_error when it is there and cannot be read or understood.
DeviceConfig read_config_file(const char* path);

}  // namespace vgpu
