#pragma once

#include <string_view>

#include "shim/abi/nvml_types.h"

namespace vgpu::nvml {

/// Copies `text` with its NUL to a program's buffer.
/// Errors: NVML_ERROR_INSUFFICIENT_SIZE, and nothing is written.
nvmlReturn_t answer_text(std::string_view text, char* out, unsigned int room);

}  // namespace vgpu::nvml
