#pragma once

#include "launcher/smi/nvml_client.h"
#include "launcher/smi/value.h"

/// What NVML tells as a number and people call by a name.
namespace vgpu::smi {

Value compute_capability(const Nvml& nvml, const Device& device);
Value compute_mode(const Nvml& nvml, const Device& device);
Value performance_state(const Nvml& nvml, const Device& device);
Value brand(const Nvml& nvml, const Device& device);
Value architecture(const Nvml& nvml, const Device& device);
Value virtualization(const Nvml& nvml, const Device& device);
Value addressing_mode(const Nvml& nvml, const Device& device);
Value board_id(const Nvml& nvml, const Device& device);
Value firmware(const Nvml& nvml, const Device& device);

}  // namespace vgpu::smi
