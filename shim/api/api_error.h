#pragma once

#include <stdexcept>
#include <string>

#include "shim/abi/cuda_enums.h"

namespace vgpu {

/// How a device says no: the code that the program sees, and a sentence for people. The wrapper
/// around every entry point turns it into the code.
struct ApiError : std::runtime_error {
  ApiError(CUresult result, const std::string& what) : std::runtime_error(what), code(result) {}
  CUresult code;
};

/// There is code, but none that this GPU runs: of other architectures, or machine code only.
struct NoCodeForGpu : ApiError {
  using ApiError::ApiError;
};

}  // namespace vgpu
