#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/device_range.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/physical_memory.h"

namespace vgpu::cpu::api {
namespace {

constexpr std::uint64_t kGranule = Arena::kGranule;

Device& device_of(const CUmemAllocationProp* properties) {
  require_value(properties != nullptr, "prop is null");
  require_value(properties->type == CU_MEM_ALLOCATION_TYPE_PINNED ||
                    properties->type == CU_MEM_ALLOCATION_TYPE_MANAGED,
                "no such type of allocation");
  require(properties->type == CU_MEM_ALLOCATION_TYPE_PINNED &&
              properties->location.type != CU_MEM_LOCATION_TYPE_HOST &&
              properties->location.type != CU_MEM_LOCATION_TYPE_HOST_NUMA &&
              properties->location.type != CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT,
          CUDA_ERROR_NOT_SUPPORTED, "only pinned memory of devices can be created");
  require_value(properties->location.type == CU_MEM_LOCATION_TYPE_DEVICE, "not a location");
  require(properties->requestedHandleTypes == CU_MEM_HANDLE_TYPE_NONE, CUDA_ERROR_NOT_SUPPORTED,
          "memory cannot be shared with other processes");
  require(properties->allocFlags.gpuDirectRDMACapable == 0, CUDA_ERROR_NOT_SUPPORTED,
          "memory cannot be given to other devices");
  return device_at(properties->location.id);
}

void require_granules(std::uint64_t size) {
  require_value(size != 0 && size % kGranule == 0, "the size is not a multiple of the granularity");
}

std::shared_ptr<PhysicalMemory> find_physical(CUmemGenericAllocationHandle handle) {
  // NOLINTNEXTLINE: a handle is a number
  auto found = handles<PhysicalMemory>().find(reinterpret_cast<const void*>(handle));
  require_value(found != nullptr, "not a handle of memory");
  return found;
}

CUmemGenericAllocationHandle handle_of_memory(const PhysicalMemory& memory) {
  return reinterpret_cast<CUmemGenericAllocationHandle>(&memory);
}

/// Mappings are of no context: whatever runs in any of the device's may be using them.
void wait_for(const Device& device) {
  if (on_queue_thread()) return;
  for (const auto& context : handles<Context>().all())
    if (context->active() && &context->device() == &device)
      for (const Point& point : context->pending()) point.wait();
}

std::vector<std::shared_ptr<Allocation>> whole_mappings(CUdeviceptr at, std::size_t size) {
  auto found = address_map().mappings(at, size);
  require_value(!found.empty(), "the range is not made of whole mappings");
  return found;
}

}  // namespace

CUresult cuMemGetAllocationGranularity(std::size_t* granularity,
                                       const CUmemAllocationProp* properties,
                                       CUmemAllocationGranularity_flags option) {
  require_value(granularity != nullptr, "granularity is null");
  require_value(
      option == CU_MEM_ALLOC_GRANULARITY_MINIMUM || option == CU_MEM_ALLOC_GRANULARITY_RECOMMENDED,
      "no such option");
  device_of(properties);
  *granularity = kGranule;
  return CUDA_SUCCESS;
}

CUresult cuMemAddressReserve(CUdeviceptr* at, std::size_t size, std::size_t alignment,
                             CUdeviceptr wanted, unsigned long long flags) {
  require_value(at != nullptr && flags == 0, "ptr is null, or flags are not 0");
  require_granules(size);
  require_value((alignment & (alignment - 1)) == 0, "the alignment is not a power of two");
  const std::uint64_t got = reserve_range(size, std::max(alignment, kGranule), wanted);
  require(got != 0, CUDA_ERROR_OUT_OF_MEMORY, "no addresses are left");
  reservations().add(got, size);
  *at = got;
  return CUDA_SUCCESS;
}

CUresult cuMemAddressFree(CUdeviceptr at, std::size_t size) {
  const std::lock_guard lock(reservations().order());
  require_value(size != 0 && !address_map().overlaps(at, size), "memory is mapped in the range");
  require_value(reservations().take(at, size), "not a reserved range");
  release_range(at, size);
  return CUDA_SUCCESS;
}

CUresult cuMemCreate(CUmemGenericAllocationHandle* handle, std::size_t size,
                     const CUmemAllocationProp* properties, unsigned long long flags) {
  require_value(handle != nullptr && flags == 0, "handle is null, or flags are not 0");
  Device& device = device_of(properties);
  require_granules(size);
  auto made = std::make_shared<PhysicalMemory>(device, size, *properties);
  *handle = handle_of_memory(*made);
  handles<PhysicalMemory>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuMemRelease(CUmemGenericAllocationHandle handle) {
  const std::lock_guard lock(reservations().order());
  const auto memory = find_physical(handle);
  if (--memory->handles == 0) handles<PhysicalMemory>().take(memory.get());
  return CUDA_SUCCESS;
}

CUresult cuMemRetainAllocationHandle(CUmemGenericAllocationHandle* handle, void* at) {
  require_value(handle != nullptr, "handle is null");
  const std::lock_guard lock(reservations().order());
  const auto known = address_map().find(reinterpret_cast<std::uint64_t>(at));
  require_value(known != nullptr && known->physical != nullptr, "nothing is mapped there");
  if (known->physical->handles++ == 0) handles<PhysicalMemory>().add(known->physical);
  *handle = handle_of_memory(*known->physical);
  return CUDA_SUCCESS;
}

CUresult cuMemGetAllocationPropertiesFromHandle(CUmemAllocationProp* properties,
                                                CUmemGenericAllocationHandle handle) {
  require_value(properties != nullptr, "prop is null");
  *properties = find_physical(handle)->properties;
  return CUDA_SUCCESS;
}

CUresult cuMemMap(CUdeviceptr at, std::size_t size, std::size_t offset,
                  CUmemGenericAllocationHandle handle, unsigned long long flags) {
  require_value(flags == 0 && offset == 0, "offset and flags must be 0");
  require_granules(size);
  require_value(at % kGranule == 0, "the address is not aligned to the granularity");
  const std::lock_guard lock(reservations().order());
  const auto memory = find_physical(handle);
  require_value(size <= memory->size, "the memory is smaller than the range");
  require_value(reservations().holds(at, size), "the range is not reserved");
  const auto made = make_allocation(memory->device.primary, Allocation::Kind::mapped, at, size);
  made->context_id = 0;  // it outlives every context
  made->physical = memory;
  require_value(address_map().add(made), "part of the range is mapped already");
  if (map_range(at, memory->shared, size)) return CUDA_SUCCESS;
  address_map().take(at);
  fail(CUDA_ERROR_OUT_OF_MEMORY, "the system has no room for the mapping");
}

CUresult cuMemUnmap(CUdeviceptr at, std::size_t size) {
  for (const auto& mapping : whole_mappings(at, size)) wait_for(mapping->physical->device);
  const std::lock_guard lock(reservations().order());
  for (const auto& mapping : whole_mappings(at, size)) {
    unmap_range(mapping->base, mapping->size);
    address_map().take(mapping->base);
  }
  return CUDA_SUCCESS;
}

CUresult cuMemSetAccess(CUdeviceptr at, std::size_t size, const CUmemAccessDesc* access,
                        std::size_t count) {
  require_value(access != nullptr && count != 0, "nothing is to be set");
  const std::lock_guard lock(reservations().order());
  const auto mappings = whole_mappings(at, size);
  for (std::size_t i = 0; i < count; ++i) {
    require(access[i].location.type == CU_MEM_LOCATION_TYPE_DEVICE, CUDA_ERROR_NOT_SUPPORTED,
            "only devices can be given access");
    require_value(access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_NONE ||
                      access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_READ ||
                      access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE,
                  "no such access");
    const int ordinal = device_at(access[i].location.id).ordinal;
    for (const auto& mapping : mappings)
      require(set_access(*mapping, ordinal, access[i].flags), CUDA_ERROR_OUT_OF_MEMORY,
              "the system refuses the access");
  }
  return CUDA_SUCCESS;
}

CUresult cuMemGetAccess(unsigned long long* flags, const CUmemLocation* where, CUdeviceptr at) {
  require_value(flags != nullptr && where != nullptr, "flags or location is null");
  require_value(where->type == CU_MEM_LOCATION_TYPE_DEVICE, "not a device");
  const int ordinal = device_at(where->id).ordinal;
  const auto known = address_map().find(at);
  require_value(known != nullptr && known->kind == Allocation::Kind::mapped,
                "nothing is mapped there");
  *flags = static_cast<unsigned long long>(access_of(*known, ordinal));
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
