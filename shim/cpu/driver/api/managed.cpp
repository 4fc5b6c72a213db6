#include <array>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

void require_managed(CUdeviceptr at, std::size_t size) {
  const auto known = address_map().find(at);
  require_value(
      known != nullptr && known->kind == Allocation::Kind::managed && known->holds(at, size),
      "the range is not managed memory");
}

void require_location(const CUmemLocation& where) {
  switch (where.type) {
    case CU_MEM_LOCATION_TYPE_DEVICE:
      device_at(where.id);
      return;
    case CU_MEM_LOCATION_TYPE_HOST:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
      return;
    case CU_MEM_LOCATION_TYPE_INVALID:
      break;
  }
  fail(CUDA_ERROR_INVALID_VALUE, "not a location");
}

CUmemLocation location_of(CUdevice device) {
  if (device == kDeviceCpu) return {CU_MEM_LOCATION_TYPE_HOST, 0};
  return {CU_MEM_LOCATION_TYPE_DEVICE, device};
}

}  // namespace

CUresult cuMemAllocManaged(CUdeviceptr* at, std::size_t size, unsigned flags) {
  require_value(at != nullptr && size != 0, "dptr is null, or bytesize 0");
  require_value(flags == CU_MEM_ATTACH_GLOBAL || flags == CU_MEM_ATTACH_HOST,
                "flags are neither GLOBAL nor HOST");
  const auto& context = current_context();
  std::uint64_t mapped = 0;
  void* const got = map_host_memory(size, mapped);
  require(got != nullptr, CUDA_ERROR_OUT_OF_MEMORY, "no host memory is left");
  const auto made = make_allocation(context, Allocation::Kind::managed,
                                    reinterpret_cast<std::uint64_t>(got), size);
  made->mapped = mapped;
  made->flags = flags;
  address_map().add(made);
  *at = made->base;
  return CUDA_SUCCESS;
}

// Managed memory is one piece of memory that both sides see: advice and prefetching have nothing
// to move, and are checked and ordered only.

CUresult cuMemAdvise_v2(CUdeviceptr at, std::size_t size, CUmem_advise advice,
                        CUmemLocation where) {
  current_context();
  require_value(size != 0, "count is 0");
  require_value(
      advice >= CU_MEM_ADVISE_SET_READ_MOSTLY && advice <= CU_MEM_ADVISE_UNSET_ACCESSED_BY,
      "no such advice");
  if (advice != CU_MEM_ADVISE_SET_READ_MOSTLY && advice != CU_MEM_ADVISE_UNSET_READ_MOSTLY &&
      advice != CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION)
    require_location(where);
  require_managed(at, size);
  return CUDA_SUCCESS;
}

CUresult cuMemAdvise(CUdeviceptr at, std::size_t size, CUmem_advise advice, CUdevice device) {
  return cuMemAdvise_v2(at, size, advice, location_of(device));
}

CUresult cuMemPrefetchAsync_v2(CUdeviceptr at, std::size_t size, CUmemLocation where,
                               unsigned flags, CUstream stream) {
  const auto& context = current_context();
  require_value(size != 0 && flags == 0, "count is 0, or flags are not");
  require_location(where);
  require_managed(at, size);
  find_stream(stream, context);
  return CUDA_SUCCESS;
}

CUresult cuMemPrefetchAsync(CUdeviceptr at, std::size_t size, CUdevice device, CUstream stream) {
  return cuMemPrefetchAsync_v2(at, size, location_of(device), 0, stream);
}

CUresult cuStreamAttachMemAsync(CUstream stream, CUdeviceptr at, std::size_t length,
                                unsigned flags) {
  const auto& context = current_context();
  find_stream(stream, context);
  require_value(
      flags == CU_MEM_ATTACH_GLOBAL || flags == CU_MEM_ATTACH_HOST || flags == CU_MEM_ATTACH_SINGLE,
      "not one of the attachments");
  const auto known = address_map().find_start(at);
  require_value(known != nullptr && known->kind == Allocation::Kind::managed &&
                    (length == 0 || length == known->size),
                "not a whole managed allocation");
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
