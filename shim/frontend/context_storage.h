#pragma once

#include "shim/abi/cuda_types.h"

/// The export table CONTEXT_LOCAL_STORAGE: values that a runtime library keeps with a context.
/// Null for a context means the calling thread's current one.
namespace vgpu::frontend {

using ContextValueEnd = void (*)(CUcontext context, void* key, void* value);

/// Errors: CUDA_ERROR_INVALID_HANDLE if the key is there, CUDA_ERROR_INVALID_CONTEXT without
/// context.
CUresult put_context_value(CUcontext context, void* key, void* value, ContextValueEnd end);

/// Forgets a value without calling its end. Errors: CUDA_ERROR_INVALID_HANDLE if it is not there.
CUresult delete_context_value(CUcontext context, void* key);

/// The hottest call of all: a runtime asks at the start of nearly every function.
/// Errors: CUDA_ERROR_INVALID_HANDLE if it is not there.
CUresult get_context_value(void** value, CUcontext context, void* key);

/// Ends and forgets all of a context's values: the device calls it when the context ends.
void forget_context(CUcontext context);

}  // namespace vgpu::frontend
