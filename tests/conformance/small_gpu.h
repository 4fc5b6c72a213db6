#pragma once

#include "shim/abi/profile.h"

namespace vgpu::conformance {

/// A GPU of compute capability 7.5 with so little memory that a test can fill it.
GpuProfile small_gpu(unsigned char number);

}  // namespace vgpu::conformance
