#pragma once

#include "shim/abi/nvml_types.h"
#include "shim/api/row_macros.h"

/// The exported functions with parameters, as a program calls them.
namespace vgpu {

#define NVML_EXPORTED extern "C" __attribute__((visibility("default")))
#define NVML_CALL(symbol, params) NVML_EXPORTED nvmlReturn_t symbol(CU_DECLARATIONS(params));
#define NVML_ALWAYS(symbol, params) NVML_EXPORTED nvmlReturn_t symbol(CU_DECLARATIONS(params));
#define NVML_TEXT(symbol, params) NVML_EXPORTED const char* symbol(CU_DECLARATIONS(params));
#define NVML_NAME(symbol) NVML_EXPORTED nvmlReturn_t symbol();
#include "shim/api/nvml_rows.h"

}  // namespace vgpu
