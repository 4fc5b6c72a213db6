#pragma once

#include "shim/abi/cuda_types.h"
#include "shim/api/row_macros.h"

/// The exported functions with parameters, as a program calls them.
namespace vgpu {

#define CU_EXPORTED extern "C" __attribute__((visibility("default")))
#define CU_CALL(base, since, symbol, params) CU_EXPORTED CUresult symbol(CU_DECLARATIONS(params));
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) \
  CU_EXPORTED CUresult symbol(CU_DECLARATIONS(params));        \
  CU_EXPORTED CUresult symbol##suffix(CU_DECLARATIONS(params));
#define CU_FRONT(base, since, symbol, params) CU_EXPORTED CUresult symbol(CU_DECLARATIONS(params));
#define CU_NAME(base, since, flavour, symbol) CU_EXPORTED CUresult symbol();
#include "shim/api/cuda_rows.h"

}  // namespace vgpu
