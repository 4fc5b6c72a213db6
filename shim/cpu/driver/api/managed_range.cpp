// What is known of ranges of managed memory.
#include <sched.h>

#include <bit>
#include <cstring>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/api/managed.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {

std::shared_ptr<Allocation> managed_at(CUdeviceptr at, std::size_t size) {
  auto known = address_map().find(at);
  require_value(
      known != nullptr && known->kind == Allocation::Kind::managed && known->holds(at, size),
      "the range is not managed memory");
  return known;
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

CUmemLocation resolved(const CUmemLocation& where) {
  if (where.type == CU_MEM_LOCATION_TYPE_HOST) return {where.type, 0};  // its id means nothing
  if (where.type != CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT) return where;
  unsigned cpu = 0;
  unsigned node = 0;
  getcpu(&cpu, &node);
  return {CU_MEM_LOCATION_TYPE_HOST_NUMA, static_cast<int>(node)};
}

void note_prefetch(Allocation& managed, CUdeviceptr at, std::size_t size,
                   const CUmemLocation& where) {
  managed.advice.change(at, size,
                        [where = resolved(where)](PageAdvice& page) { page.prefetched = where; });
}

namespace {

/// One 32-bit answer, or for ACCESSED_BY a list of them.
constexpr std::size_t kWord = sizeof(std::int32_t);

/// A location as the number that it was before there were types of locations.
std::int32_t processor(const CUmemLocation& where) {
  if (where.type == CU_MEM_LOCATION_TYPE_INVALID) return kDeviceInvalid;
  return where.type == CU_MEM_LOCATION_TYPE_DEVICE ? where.id : kDeviceCpu;
}

void check(const void* data, std::size_t size, CUmem_range_attribute attribute) {
  require_value(data != nullptr, "data is null");
  require_value(attribute >= CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY &&
                    attribute <= CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID,
                "no such attribute");
  if (attribute == CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY)
    require_value(size != 0 && size % kWord == 0, "the size is not a multiple of 4");
  else
    require_value(size == kWord, "the size is not 4");
}

void store(void* data, std::int32_t value) { std::memcpy(data, &value, kWord); }

/// The devices, then the host, then as many "none" as there is room for.
void store_accessors(void* data, std::size_t size, const PageAdvice& advice) {
  std::uint64_t devices = advice.devices;
  bool host = advice.host;
  for (std::size_t at = 0; at < size; at += kWord) {
    std::int32_t next = kDeviceInvalid;
    if (devices != 0) {
      next = std::countr_zero(devices);
      devices &= devices - 1;
    } else if (host) {
      next = kDeviceCpu;
      host = false;
    }
    store(static_cast<std::byte*>(data) + at, next);
  }
}

void read(void* data, std::size_t size, CUmem_range_attribute attribute, const PageAdvice& advice) {
  switch (attribute) {
    case CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY:
      return store(data, advice.read_mostly ? 1 : 0);
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION:
      return store(data, processor(advice.preferred));
    case CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY:
      return store_accessors(data, size, advice);
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION:
      return store(data, processor(advice.prefetched));
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE:
      return store(data, advice.preferred.type);
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID:
      return store(data, advice.preferred.id);
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE:
      return store(data, advice.prefetched.type);
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID:
      return store(data, advice.prefetched.id);
  }
}

}  // namespace

CUresult cuMemRangeGetAttribute(void* data, std::size_t size, CUmem_range_attribute attribute,
                                CUdeviceptr at, std::size_t bytes) {
  return cuMemRangeGetAttributes(&data, &size, &attribute, 1, at, bytes);
}

CUresult cuMemRangeGetAttributes(void** data, std::size_t* sizes, CUmem_range_attribute* attributes,
                                 std::size_t count, CUdeviceptr at, std::size_t bytes) {
  current_context();
  require_value(data != nullptr && sizes != nullptr && attributes != nullptr && count != 0,
                "nothing is asked for");
  require_value(bytes != 0, "count is 0");
  for (std::size_t n = 0; n < count; ++n) check(data[n], sizes[n], attributes[n]);
  const PageAdvice advice = managed_at(at, bytes)->advice.common(at, bytes);
  for (std::size_t n = 0; n < count; ++n) read(data[n], sizes[n], attributes[n], advice);
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
