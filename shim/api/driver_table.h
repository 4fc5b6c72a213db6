#pragma once

#include "shim/abi/cuda_types.h"
#include "shim/api/row_macros.h"

namespace vgpu {

/// What a device does: a function for each entry point that has parameters in cuda.def, named as
/// the exported symbol. A null slot answers CUDA_ERROR_NOT_SUPPORTED, except that a null per-thread
/// twin (`_ptsz`, `_ptds`) is answered by the plain slot, with stream_per_thread() in place of the
/// null stream: so a device fills in the plain ones only, unless it has better.
///
/// A function may throw: ApiError becomes its code, std::bad_alloc CUDA_ERROR_OUT_OF_MEMORY and
/// anything else CUDA_ERROR_UNKNOWN. None is called before cuInit has succeeded, nor in a forked
/// child. Any may be called after the process has begun to exit.
struct DriverTable {
#define CU_CALL(base, since, symbol, params) CUresult (*symbol)(CU_DECLARATIONS(params)) = nullptr;
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) \
  CUresult (*symbol)(CU_DECLARATIONS(params)) = nullptr;       \
  CUresult (*symbol##suffix)(CU_DECLARATIONS(params)) = nullptr;
#include "shim/api/cuda_rows.h"
};

}  // namespace vgpu
