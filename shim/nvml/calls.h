#pragma once

#include "shim/abi/nvml_types.h"
#include "shim/api/row_macros.h"

/// The NVML entry points that are implemented, in the *_calls.cpp beside.
namespace vgpu::nvml::calls {

#define NVML_CALL(symbol, params) nvmlReturn_t symbol(CU_DECLARATIONS(params));
#define NVML_ALWAYS(symbol, params) nvmlReturn_t symbol(CU_DECLARATIONS(params));
#define NVML_TEXT(symbol, params) const char* symbol(CU_DECLARATIONS(params));
#include "shim/api/nvml_rows.h"

}  // namespace vgpu::nvml::calls
