#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/thread_state.h"
#include "shim/cpu/exec/device_heap.h"

namespace vgpu::cpu::api {
namespace {

/// Source: H100, driver 580: the sync depth and what follows the CIG limit are unsupported.
void require_supported(CUlimit limit) {
  require(limit >= CU_LIMIT_STACK_SIZE && limit < CU_LIMIT_CIG_SHMEM_FALLBACK_ENABLED &&
              limit != CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH,
          CUDA_ERROR_UNSUPPORTED_LIMIT, "no such limit on this device");
}

}  // namespace

CUresult cuCtxGetLimit(std::size_t* value, CUlimit limit) {
  require_value(value != nullptr, "pvalue is null");
  const auto& context = current_context();
  require_supported(limit);
  *value = context->limits[static_cast<std::size_t>(limit)];
  return CUDA_SUCCESS;
}

CUresult cuCtxSetLimit(CUlimit limit, std::size_t value) {
  const auto& context = current_context();
  require_supported(limit);
  constexpr std::size_t kMaxStack = std::size_t{512} << 10;
  switch (limit) {
    case CU_LIMIT_STACK_SIZE:
      require_value(value <= kMaxStack, "more local memory than a thread can have");
      break;
    case CU_LIMIT_MALLOC_HEAP_SIZE:
      require(value <= context->device().profile.memory, CUDA_ERROR_OUT_OF_MEMORY,
              "more than the device's memory");
      exec::device_heap().set_limit(value);
      break;
    case CU_LIMIT_MAX_L2_FETCH_GRANULARITY:
      require_value(value <= 128, "at most 128 bytes");
      break;
    case CU_LIMIT_SHMEM_SIZE:
    case CU_LIMIT_CIG_ENABLED:
      fail(CUDA_ERROR_INVALID_VALUE, "this limit can only be read");
    default:
      break;
  }
  context->limits[static_cast<std::size_t>(limit)] = value;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
