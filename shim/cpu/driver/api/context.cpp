#include "shim/cpu/driver/context.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/hooks.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

constexpr unsigned kApiVersion = 3020;

bool flags_are_known(unsigned flags) {
  const unsigned schedule = flags & CU_CTX_SCHED_MASK;
  return (flags & ~unsigned{CU_CTX_FLAGS_MASK}) == 0 &&
         (schedule == 0 || (schedule & (schedule - 1)) == 0);
}

/// The context of an argument that may be null for the current one.
std::shared_ptr<Context> given_or_current(CUcontext handle) {
  if (handle != nullptr) return find_context(handle);
  auto mine = peek_context();
  require(mine != nullptr, CUDA_ERROR_INVALID_CONTEXT, "no context is current");
  return mine;
}

}  // namespace

CUresult cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device) {
  require_value(context != nullptr, "pctx is null");
  require_value(flags_are_known(flags), "unknown flags");
  auto made = std::make_shared<Context>(device_at(device), false, flags);
  made->activate(flags);
  handles<Context>().add(made);
  thread_state().contexts.push_back(made);
  *context = handle_of(*made);
  return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v3(CUcontext* context, CUexecAffinityParam* affinity, int count,
                        unsigned flags, CUdevice device) {
  require(affinity == nullptr && count == 0, CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY,
          "execution affinity is not supported");
  return cuCtxCreate_v2(context, flags, device);
}

CUresult cuCtxCreate_v4(CUcontext* context, CUctxCreateParams* params, unsigned flags,
                        CUdevice device) {
  if (params != nullptr) {
    require(params->numExecAffinityParams == 0, CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY,
            "execution affinity is not supported");
    require(params->cigParams == nullptr, CUDA_ERROR_NOT_SUPPORTED,
            "graphics contexts are not supported");
  }
  return cuCtxCreate_v2(context, flags, device);
}

CUresult cuCtxDestroy_v2(CUcontext handle) {
  require_value(handle != nullptr, "ctx is null");
  const auto context = find_context(handle);
  require(!context->primary(), CUDA_ERROR_INVALID_CONTEXT, "a primary context is only released");
  auto& stack = thread_state().contexts;
  if (!stack.empty() && stack.back() == context) stack.pop_back();
  if (context->end()) tell_context_end(*context);
  handles<Context>().take(handle);
  return CUDA_SUCCESS;
}

CUresult cuCtxPushCurrent_v2(CUcontext handle) {
  thread_state().contexts.push_back(find_context(handle));
  return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  auto& stack = thread_state().contexts;
  require(!stack.empty(), CUDA_ERROR_INVALID_CONTEXT, "no context is current");
  if (context != nullptr) *context = handle_of(*stack.back());
  stack.pop_back();
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext handle) {
  auto& stack = thread_state().contexts;
  if (handle == nullptr) {
    if (!stack.empty()) stack.pop_back();
    return CUDA_SUCCESS;
  }
  auto context = find_context(handle);
  if (stack.empty())
    stack.push_back(std::move(context));
  else
    stack.back() = std::move(context);
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  require_value(context != nullptr, "pctx is null");
  const auto mine = peek_context();
  *context = mine == nullptr ? nullptr : handle_of(*mine);
  return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice_v2(CUdevice* device, CUcontext handle) {
  require_value(device != nullptr, "device is null");
  *device = given_or_current(handle)->device().ordinal;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice* device) { return cuCtxGetDevice_v2(device, nullptr); }

CUresult cuCtxGetId(CUcontext handle, unsigned long long* id) {
  require_value(id != nullptr, "ctxId is null");
  const auto context = given_or_current(handle);
  require(context->active(), CUDA_ERROR_CONTEXT_IS_DESTROYED, "the context is not active");
  *id = context->id();
  return CUDA_SUCCESS;
}

CUresult cuCtxGetApiVersion(CUcontext handle, unsigned* version) {
  require_value(version != nullptr, "version is null");
  given_or_current(handle);
  *version = kApiVersion;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetFlags(unsigned* flags) {
  require_value(flags != nullptr, "flags is null");
  *flags = current_context()->flags;
  return CUDA_SUCCESS;
}

CUresult cuCtxSetFlags(unsigned flags) {
  require_value(flags_are_known(flags), "unknown flags");
  current_context()->flags = flags;
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize() {
  const auto context = current_context();
  refuse_captures_of(*context);
  context->synchronize();
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize_v2(CUcontext handle) {
  const auto context = given_or_current(handle);
  context->check();
  refuse_captures_of(*context);
  context->synchronize();
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCacheConfig(CUfunc_cache* config) {
  require_value(config != nullptr, "pconfig is null");
  *config = static_cast<CUfunc_cache>(current_context()->cache_config.load());
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCacheConfig(CUfunc_cache config) {
  require_value(config >= CU_FUNC_CACHE_PREFER_NONE && config <= CU_FUNC_CACHE_PREFER_EQUAL,
                "no such cache preference");
  current_context()->cache_config = config;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetSharedMemConfig(CUsharedconfig* config) {
  require_value(config != nullptr, "pConfig is null");
  current_context();
  // Banks are four bytes wide whatever was asked for, as on every device since Maxwell.
  *config = CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE;
  return CUDA_SUCCESS;
}

CUresult cuCtxSetSharedMemConfig(CUsharedconfig config) {
  require_value(config >= CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE &&
                    config <= CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE,
                "no such bank size");
  current_context();
  return CUDA_SUCCESS;
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  current_context();
  if (least != nullptr) *least = 0;
  if (greatest != nullptr) *greatest = -5;
  return CUDA_SUCCESS;
}

CUresult cuCtxResetPersistingL2Cache() {
  current_context();
  return CUDA_SUCCESS;
}

CUresult cuCtxAttach(CUcontext* context, unsigned flags) {
  require_value(context != nullptr && flags == 0, "pctx is null, or flags are not");
  *context = handle_of(*current_context());
  return CUDA_SUCCESS;
}

CUresult cuCtxDetach(CUcontext handle) { return cuCtxDestroy_v2(handle); }

}  // namespace vgpu::cpu::api
