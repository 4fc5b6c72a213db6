#pragma once

#include "shim/abi/cuda_enums.h"

namespace vgpu {

/// One CUresult in words.
struct ErrorText {
  CUresult code;
  const char* name;  ///< "CUDA_ERROR_INVALID_VALUE"
  const char* text;  ///< "invalid argument"
};

/// Null for a number that is no CUresult.
const ErrorText* find_error_text(CUresult code) noexcept;

}  // namespace vgpu
