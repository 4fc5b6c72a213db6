#pragma once

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

class Context;

/// Checks one operation of cuStreamBatchMemOp. Errors: INVALID_VALUE, NOT_SUPPORTED.
void check_word_operation(const CUstreamBatchMemOpParams_v1& operation);
/// Waits for a word of memory or writes one, here and now. Gives up when `context` fails.
void perform_word_operation(const CUstreamBatchMemOpParams_v1& operation, const Context& context);

}  // namespace vgpu::cpu
