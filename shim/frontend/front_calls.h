#pragma once

#include "shim/abi/cuda_types.h"
#include "shim/api/row_macros.h"

/// The entry points that the front end answers itself, whatever the device.
namespace vgpu::frontend::front {

#define CU_FRONT(base, since, symbol, params) CUresult symbol(CU_DECLARATIONS(params));
#include "shim/api/cuda_rows.h"

}  // namespace vgpu::frontend::front
