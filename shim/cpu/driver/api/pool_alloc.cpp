#include <algorithm>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/capture.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/pool.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

void count_use(MemoryPool& pool, std::uint64_t size) {
  const std::uint64_t now_used = pool.used.fetch_add(size) + size;
  std::uint64_t high = pool.used_high;
  while (high < now_used && !pool.used_high.compare_exchange_weak(high, now_used)) {
  }
}

/// Allocates for any stream at once: what waits for its turn is the freeing.
CUresult allocate(CUdeviceptr* at, std::size_t size, const std::shared_ptr<MemoryPool>& pool,
                  CUstream handle) {
  require_value(at != nullptr, "dptr is null");
  const auto context = current_context();
  const auto stream = find_stream(handle, context);
  require_value(size != 0, "bytesize is 0");
  if (captures(*stream)) {
    const auto memory = std::make_shared<GraphMemory>(context, size);
    memory->announce();
    CUmemPoolProps properties{};
    properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, pool->device.ordinal};
    capture(stream, MemoryAllocation{std::make_shared<MemoryOwner>(memory), properties});
    *at = memory->address;
    return CUDA_SUCCESS;
  }
  require(
      pool->max_size == 0 || size <= pool->max_size - std::min(pool->used.load(), pool->max_size),
      CUDA_ERROR_OUT_OF_MEMORY, "the pool is full");
  void* got = pool->device.arena.allocate(size);
  if (got == nullptr) {
    context->synchronize();  // frees that are on their way may make room
    got = pool->device.arena.allocate(size);
  }
  require(got != nullptr, CUDA_ERROR_OUT_OF_MEMORY, "the device's memory is full");
  const auto made =
      make_allocation(context, Allocation::Kind::pool, reinterpret_cast<std::uint64_t>(got), size);
  made->pool = pool;
  count_use(*pool, size);
  address_map().add(made);
  *at = made->base;
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuMemAllocAsync(CUdeviceptr* at, std::size_t size, CUstream stream) {
  return allocate(at, size, current_context()->device().current_pool(), stream);
}

CUresult cuMemAllocFromPoolAsync(CUdeviceptr* at, std::size_t size, CUmemoryPool handle,
                                 CUstream stream) {
  const auto pool = handles<MemoryPool>().find(handle);
  require_value(pool != nullptr, "not a pool");
  return allocate(at, size, pool, stream);
}

CUresult cuMemFreeAsync(CUdeviceptr at, CUstream handle) {
  const auto context = current_context();
  const auto stream = find_stream(handle, context);
  const auto known = address_map().find_start(at);
  require_value(known != nullptr && (known->kind == Allocation::Kind::pool ||
                                     known->kind == Allocation::Kind::device),
                "not the start of an allocation");
  if (captures(*stream)) {
    require(known->of_graph != nullptr, CUDA_ERROR_INVALID_VALUE,
            "a graph frees only what a graph has allocated");
    capture(stream, MemoryFree{at});
    return CUDA_SUCCESS;
  }
  const auto taken = address_map().take(at);
  require_value(taken == known, "freed by another thread");
  if (taken->of_graph != nullptr) taken->of_graph->live = false;
  stream->context->submit_always(*stream, [taken](CUresult) { release_memory(*taken); });
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
