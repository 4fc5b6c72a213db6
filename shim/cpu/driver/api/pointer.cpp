#include <cstring>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/physical_memory.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

/// Writes `value`. Always true: "there is such an attribute".
template <class T>
bool store(void* to, T value) {
  std::memcpy(to, &value, sizeof value);  // NOLINT(bugprone-sizeof-expression): also of pointers
  return true;
}

/// What is known of an address.
struct Place {
  CUdeviceptr at = 0;
  const Allocation* known = nullptr;

  /// What belongs to no context: mapped memory.
  CUcontext context() const {
    return known->kind == Allocation::Kind::mapped ? nullptr : handle_of(*known->context);
  }
  CUmemAccess_flags access() const {
    if (known->kind != Allocation::Kind::mapped) return CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
    const auto mine = peek_context();
    return mine == nullptr ? CU_MEM_ACCESS_FLAGS_PROT_NONE
                           : access_of(*known, mine->device().ordinal);
  }
  CUmemorytype type() const { return known->is_host() ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE; }
};

/// Attributes of a known address. False when the attribute does not exist for it.
bool read_attribute(void* to, CUpointer_attribute attribute, const Place& place) {
  const Allocation& known = *place.known;
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_CONTEXT:
      return store(to, place.context());
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      return store(to, place.type());
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      return store(to, place.at);
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      if (known.on_device()) return false;
      return store(to, place.at);
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
      return store(to, false);
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
      return store(to, known.id);
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
      return store(to, known.kind == Allocation::Kind::managed);
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
      return store(to, known.context->device().ordinal);
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
      return store(to, false);
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
      return store(to, known.base);
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
      return store(to, known.size);
    case CU_POINTER_ATTRIBUTE_MAPPED:
      return store(to, true);
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
      return store(to, std::uint64_t{0});
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
      return store(to, false);
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
      return store(to, place.access());
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
      return store(to, reinterpret_cast<CUmemoryPool>(known.pool.get()));
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      return store(to, known.id);
    case CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
      return store(to, false);
    case CU_POINTER_ATTRIBUTE_P2P_TOKENS:
      return false;
  }
  return false;
}

/// Attributes of an address that the driver does not know: plain memory of the program.
/// Source: H100, driver 580: {context 0, type 0, device pointer 0, host pointer itself, managed 0,
/// ordinal -2}.
void read_plain(void* to, CUpointer_attribute attribute, CUdeviceptr at) {
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_CONTEXT:
      store(to, CUcontext{});
      return;
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      store(to, 0);
      return;
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      store(to, at);
      return;
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
      store(to, int{kDeviceInvalid});
      return;
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
    case CU_POINTER_ATTRIBUTE_MAPPED:
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
    case CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
      store(to, false);
      return;
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
      store(to, 0);
      return;
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      store(to, std::uint64_t{0});
      return;
    case CU_POINTER_ATTRIBUTE_P2P_TOKENS:
      return;
  }
}

bool exists(CUpointer_attribute attribute) {
  return attribute >= CU_POINTER_ATTRIBUTE_CONTEXT &&
         attribute <= CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE;
}

}  // namespace

CUresult cuPointerGetAttribute(void* value, CUpointer_attribute attribute, CUdeviceptr at) {
  require_value(value != nullptr && exists(attribute), "data is null, or no such attribute");
  const auto known = address_map().find(at);
  require_value(known != nullptr, "no allocation has this address");
  require_value(read_attribute(value, attribute, {at, known.get()}),
                "the attribute does not exist for this memory");
  return CUDA_SUCCESS;
}

CUresult cuPointerGetAttributes(unsigned count, CUpointer_attribute* attributes, void** values,
                                CUdeviceptr at) {
  require_value(count != 0 && attributes != nullptr && values != nullptr, "nothing is asked for");
  for (unsigned i = 0; i < count; ++i)
    require_value(exists(attributes[i]) && values[i] != nullptr, "no such attribute");
  const auto known = address_map().find(at);
  for (unsigned i = 0; i < count; ++i) {
    if (known == nullptr)
      read_plain(values[i], attributes[i], at);
    else if (!read_attribute(values[i], attributes[i], {at, known.get()}) &&
             attributes[i] == CU_POINTER_ATTRIBUTE_HOST_POINTER)
      store(values[i], std::uint64_t{0});
  }
  return CUDA_SUCCESS;
}

CUresult cuPointerSetAttribute(const void* value, CUpointer_attribute attribute, CUdeviceptr at) {
  require_value(value != nullptr && attribute == CU_POINTER_ATTRIBUTE_SYNC_MEMOPS,
                "only SYNC_MEMOPS can be set");
  const auto known = address_map().find(at);
  require_value(known != nullptr && known->on_device(), "not device memory");
  // Synchronous copies are synchronous here in any case: there is nothing to switch.
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
