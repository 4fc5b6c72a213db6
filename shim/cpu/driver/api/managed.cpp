#include "shim/cpu/driver/api/managed.h"

#include <functional>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

/// Advice names processors: a device, or the host as a whole.
void require_processor(const CUmemLocation& where) {
  require_value(
      where.type == CU_MEM_LOCATION_TYPE_DEVICE || where.type == CU_MEM_LOCATION_TYPE_HOST,
      "neither a device nor the host");
  require_location(where);
}

CUmemLocation location_of(CUdevice device) {
  if (device == kDeviceCpu) return {CU_MEM_LOCATION_TYPE_HOST, 0};
  return {CU_MEM_LOCATION_TYPE_DEVICE, device};
}

/// What `advice` does to a page. Errors: INVALID_VALUE.
std::function<void(PageAdvice&)> change_of(CUmem_advise advice, const CUmemLocation& where) {
  const bool set = advice == CU_MEM_ADVISE_SET_READ_MOSTLY ||
                   advice == CU_MEM_ADVISE_SET_PREFERRED_LOCATION ||
                   advice == CU_MEM_ADVISE_SET_ACCESSED_BY;
  switch (advice) {
    case CU_MEM_ADVISE_SET_READ_MOSTLY:
    case CU_MEM_ADVISE_UNSET_READ_MOSTLY:
      return [set](PageAdvice& page) { page.read_mostly = set; };
    case CU_MEM_ADVISE_SET_PREFERRED_LOCATION:
      require_location(where);
      return [where = resolved(where)](PageAdvice& page) { page.preferred = where; };
    case CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION:
      return [](PageAdvice& page) { page.preferred = PageAdvice{}.preferred; };
    case CU_MEM_ADVISE_SET_ACCESSED_BY:
    case CU_MEM_ADVISE_UNSET_ACCESSED_BY:
      require_processor(where);
      if (where.type == CU_MEM_LOCATION_TYPE_HOST)
        return [set](PageAdvice& page) { page.host = set; };
      return [set, bit = std::uint64_t{1} << where.id](PageAdvice& page) {
        page.devices = set ? page.devices | bit : page.devices & ~bit;
      };
  }
  fail(CUDA_ERROR_INVALID_VALUE, "no such advice");
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
// to move. They are checked, ordered and remembered for cuMemRangeGetAttribute.

CUresult cuMemAdvise_v2(CUdeviceptr at, std::size_t size, CUmem_advise advice,
                        CUmemLocation where) {
  current_context();
  require_value(size != 0, "count is 0");
  const auto change = change_of(advice, where);
  managed_at(at, size)->advice.change(at, size, change);
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
  const auto managed = managed_at(at, size);
  find_stream(stream, context);
  note_prefetch(*managed, at, size, where);
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
