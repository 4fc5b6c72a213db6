#pragma once

#include "shim/abi/nvml_types.h"
#include "shim/abi/profile.h"

namespace vgpu::nvml {

/// How often the program has initialised NVML without shutting it down. Counted, as the real
/// library counts: several parts of a program use it without knowing of each other.
bool is_open() noexcept;
nvmlReturn_t open_session();
nvmlReturn_t close_session() noexcept;

/// The configuration, read once.
const DeviceConfig& config();

/// The GPUs by index: in PCI order, whatever CUDA_VISIBLE_DEVICES says.
const GpuProfile* find_gpu(unsigned int index);

/// A handle is a device's index, plus one so that null is none.
nvmlDevice_t handle_of(unsigned int index) noexcept;

/// The GPU behind a handle, or null; its index goes to `index` if that is not null.
const GpuProfile* find_gpu(nvmlDevice_t handle, unsigned int* index = nullptr);

}  // namespace vgpu::nvml
