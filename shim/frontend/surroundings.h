#pragma once

#include <string_view>

#include "shim/abi/profile.h"
#include "shim/api/device.h"

namespace vgpu::frontend {

// What the front end needs from where it lives. libcuda.so.1 defines both in guest/; a unit test
// defines its own, and needs no supervisor.

/// The tree's configuration; without GPUs where there is no supervisor.
/// Errors: std::runtime_error when it is there and cannot be read.
DeviceConfig load_config();

/// The device of that name in DeviceConfig::device, or null.
const Device* find_device(std::string_view name);

}  // namespace vgpu::frontend
