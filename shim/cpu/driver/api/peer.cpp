#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

unsigned bit(int ordinal) { return 1U << (static_cast<unsigned>(ordinal) % 32U); }

}  // namespace

CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
  require_value(can != nullptr, "canAccessPeer is null");
  device_at(device);
  device_at(peer);
  *can = device == peer ? 0 : 1;  // all devices are in one address space
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetP2PAttribute(int* value, CUdevice_P2PAttribute attribute, CUdevice source,
                                 CUdevice target) {
  require_value(value != nullptr, "value is null");
  device_at(source);
  device_at(target);
  require(source != target, CUDA_ERROR_INVALID_DEVICE, "a device is no peer of itself");
  switch (attribute) {
    case CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK:
    case CU_DEVICE_P2P_ATTRIBUTE_CUDA_ARRAY_ACCESS_SUPPORTED:
    case CU_DEVICE_P2P_ATTRIBUTE_ONLY_PARTIAL_NATIVE_ATOMIC_SUPPORTED:
      *value = 0;
      return CUDA_SUCCESS;
    case CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED:
    case CU_DEVICE_P2P_ATTRIBUTE_NATIVE_ATOMIC_SUPPORTED:
      *value = 1;
      return CUDA_SUCCESS;
  }
  fail(CUDA_ERROR_INVALID_VALUE, "no such attribute");
}

CUresult cuCtxEnablePeerAccess(CUcontext handle, unsigned flags) {
  const auto& context = current_context();
  require_value(flags == 0, "flags must be 0");
  const auto peer = find_context(handle);
  require(peer != context, CUDA_ERROR_INVALID_CONTEXT, "a context is no peer of itself");
  require(&peer->device() != &context->device(), CUDA_ERROR_PEER_ACCESS_UNSUPPORTED,
          "both contexts are of one device");
  const unsigned mask = bit(peer->device().ordinal);
  require((context->peers.fetch_or(mask) & mask) == 0, CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED,
          "access to this device is enabled already");
  return CUDA_SUCCESS;
}

CUresult cuCtxDisablePeerAccess(CUcontext handle) {
  const auto& context = current_context();
  const auto peer = find_context(handle);
  const unsigned mask = bit(peer->device().ordinal);
  require((context->peers.fetch_and(~mask) & mask) != 0, CUDA_ERROR_PEER_ACCESS_NOT_ENABLED,
          "access to this device is not enabled");
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
