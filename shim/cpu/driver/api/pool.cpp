#include "shim/cpu/driver/pool.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"

namespace vgpu::cpu::api {
namespace {

std::shared_ptr<MemoryPool> find_pool(CUmemoryPool handle) {
  auto pool = handles<MemoryPool>().find(handle);
  require_value(pool != nullptr, "not a pool");
  return pool;
}

CUmemoryPool handle_of_pool(const std::shared_ptr<MemoryPool>& pool) {
  return reinterpret_cast<CUmemoryPool>(pool.get());
}

Device& device_of(const CUmemLocation* where, CUmemAllocationType type) {
  require_value(where != nullptr, "location is null");
  require(where->type == CU_MEM_LOCATION_TYPE_DEVICE && type == CU_MEM_ALLOCATION_TYPE_PINNED,
          CUDA_ERROR_NOT_SUPPORTED, "only pools of pinned device memory are supported");
  return device_at(where->id);
}

}  // namespace

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice device) {
  require_value(pool != nullptr, "pool_out is null");
  *pool = handle_of_pool(device_at(device).default_pool);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetMemPool(CUmemoryPool* pool, CUdevice device) {
  require_value(pool != nullptr, "pool is null");
  *pool = handle_of_pool(device_at(device).current_pool());
  return CUDA_SUCCESS;
}

CUresult cuDeviceSetMemPool(CUdevice device, CUmemoryPool handle) {
  Device& target = device_at(device);
  auto pool = find_pool(handle);
  require_value(&pool->device == &target, "the pool is of another device");
  target.set_current_pool(std::move(pool));
  return CUDA_SUCCESS;
}

CUresult cuMemGetDefaultMemPool(CUmemoryPool* pool, CUmemLocation* where,
                                CUmemAllocationType type) {
  require_value(pool != nullptr, "pool_out is null");
  *pool = handle_of_pool(device_of(where, type).default_pool);
  return CUDA_SUCCESS;
}

CUresult cuMemGetMemPool(CUmemoryPool* pool, CUmemLocation* where, CUmemAllocationType type) {
  require_value(pool != nullptr, "pool is null");
  *pool = handle_of_pool(device_of(where, type).current_pool());
  return CUDA_SUCCESS;
}

CUresult cuMemSetMemPool(CUmemLocation* where, CUmemAllocationType type, CUmemoryPool pool) {
  return cuDeviceSetMemPool(device_of(where, type).ordinal, pool);
}

CUresult cuMemPoolCreate(CUmemoryPool* pool, const CUmemPoolProps* properties) {
  require_value(pool != nullptr && properties != nullptr, "pool or poolProps is null");
  require(properties->handleTypes == CU_MEM_HANDLE_TYPE_NONE, CUDA_ERROR_NOT_SUPPORTED,
          "pools cannot be shared");
  Device& device = device_of(&properties->location, properties->allocType);
  auto made = std::make_shared<MemoryPool>(device, false, properties->maxSize);
  *pool = handle_of_pool(made);
  handles<MemoryPool>().add(std::move(made));
  return CUDA_SUCCESS;
}

CUresult cuMemPoolDestroy(CUmemoryPool handle) {
  const auto pool = find_pool(handle);
  require_value(!pool->standard, "a device's default pool cannot be destroyed");
  if (pool->device.current_pool() == pool) pool->device.set_current_pool(pool->device.default_pool);
  handles<MemoryPool>().take(handle);
  return CUDA_SUCCESS;
}

CUresult cuMemPoolTrimTo(CUmemoryPool handle, std::size_t) {
  find_pool(handle);
  return CUDA_SUCCESS;  // a pool never keeps what has been freed
}

CUresult cuMemPoolSetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void* value) {
  const auto pool = find_pool(handle);
  require_value(value != nullptr, "value is null");
  switch (attribute) {
    case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
      pool->reuse[attribute - CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES] =
          *static_cast<const int*>(value);
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
      pool->release_threshold = *static_cast<const cuuint64_t*>(value);
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
    case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
      require_value(*static_cast<const cuuint64_t*>(value) == 0, "it can only be reset to 0");
      pool->used_high = pool->used.load();
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
    case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
      break;
  }
  fail(CUDA_ERROR_INVALID_VALUE, "no such attribute, or one that can only be read");
}

CUresult cuMemPoolGetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void* value) {
  const auto pool = find_pool(handle);
  require_value(value != nullptr, "value is null");
  switch (attribute) {
    case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
      *static_cast<int*>(value) =
          pool->reuse[attribute - CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES];
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
      *static_cast<cuuint64_t*>(value) = pool->release_threshold;
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:  // nothing is reserved beyond what is in use
    case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
      *static_cast<cuuint64_t*>(value) = pool->used;
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
      *static_cast<cuuint64_t*>(value) = pool->used_high;
      return CUDA_SUCCESS;
  }
  fail(CUDA_ERROR_INVALID_VALUE, "no such attribute");
}

CUresult cuMemPoolSetAccess(CUmemoryPool handle, const CUmemAccessDesc* access, std::size_t count) {
  const auto pool = find_pool(handle);
  require_value(access != nullptr && count != 0, "nothing is to be set");
  for (std::size_t i = 0; i < count; ++i) {
    require_value(access[i].location.type == CU_MEM_LOCATION_TYPE_DEVICE, "not a device");
    const Device& device = device_at(access[i].location.id);
    require_value(&device != &pool->device || access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE,
                  "a pool is always open to its own device");
  }
  return CUDA_SUCCESS;  // all devices are in one address space
}

CUresult cuMemPoolGetAccess(CUmemAccess_flags* flags, CUmemoryPool handle, CUmemLocation* where) {
  require_value(flags != nullptr && where != nullptr, "flags or location is null");
  find_pool(handle);
  require_value(where->type == CU_MEM_LOCATION_TYPE_DEVICE, "not a device");
  device_at(where->id);
  *flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
