#pragma once

#include <span>
#include <vector>

#include "shim/abi/profile.h"
#include "shim/frontend/environment.h"

namespace vgpu::frontend {

/// The GPUs that the program sees, as it numbers them. First all are ordered: fastest first, or by
/// PCI address; equal ones stay in PCI order. Then CUDA_VISIBLE_DEVICES picks, in its own order: by
/// index (the digits that an entry starts with count, "1x" is 1), or by UUID ("GPU-" and as much of
/// it as is unique) if the list's first entry is one. The first entry that names no device ends
/// the list; a device named twice empties it.
/// Source: CUDA C++ Programming Guide, "CUDA Environment Variables"; what the guide leaves open
/// (digits, duplicates) is as torch/cuda/__init__.py, which mirrors the driver, has it.
std::vector<GpuProfile> visible_devices(std::span<const GpuProfile> all,
                                        const DeviceChoice& choice);

}  // namespace vgpu::frontend
