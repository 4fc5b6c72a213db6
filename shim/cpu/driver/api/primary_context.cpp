#include <mutex>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/hooks.h"

namespace vgpu::cpu::api {

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice ordinal) {
  require_value(context != nullptr, "pctx is null");
  Device& device = device_at(ordinal);
  const std::lock_guard lock(device.primary_mutex);
  if (!device.primary->active()) device.primary->activate(device.primary_flags);
  ++device.primary_retained;
  *context = handle_of(*device.primary);
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice ordinal) {
  Device& device = device_at(ordinal);
  bool ended = false;
  {
    const std::lock_guard lock(device.primary_mutex);
    require(device.primary_retained != 0, CUDA_ERROR_INVALID_CONTEXT,
            "the primary context is not retained");
    if (--device.primary_retained == 0) ended = device.primary->end();
  }
  if (ended) tell_context_end(*device.primary);
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice ordinal) {
  Device& device = device_at(ordinal);
  bool ended = false;
  {
    const std::lock_guard lock(device.primary_mutex);
    ended = device.primary->end();
  }
  // Who retained it before may still release it; the next to retain gets a fresh context.
  if (ended) tell_context_end(*device.primary);
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice ordinal, unsigned flags) {
  Device& device = device_at(ordinal);
  const unsigned schedule = flags & CU_CTX_SCHED_MASK;
  require_value((flags & ~unsigned{CU_CTX_FLAGS_MASK}) == 0 && (schedule & (schedule - 1)) == 0,
                "unknown flags");
  const std::lock_guard lock(device.primary_mutex);
  device.primary_flags = flags;
  device.primary->flags = flags;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxGetState(CUdevice ordinal, unsigned* flags, int* active) {
  require_value(flags != nullptr && active != nullptr, "flags or active is null");
  Device& device = device_at(ordinal);
  const std::lock_guard lock(device.primary_mutex);
  *flags = device.primary_flags;
  *active = device.primary->active() ? 1 : 0;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
