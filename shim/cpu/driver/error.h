#pragma once

#include <string>

#include "shim/api/api_error.h"

namespace vgpu::cpu {

[[noreturn]] inline void fail(CUresult code, const std::string& why) { throw ApiError(code, why); }

inline void require(bool holds, CUresult code, const char* why) {
  if (!holds) fail(code, why);
}

inline void require_value(bool holds, const char* why) {
  require(holds, CUDA_ERROR_INVALID_VALUE, why);
}

}  // namespace vgpu::cpu
