#include "shim/cpu/driver/graph_memory.h"

#include <mutex>
#include <set>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/device_range.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/leaked.h"

namespace vgpu::cpu {
namespace {

std::uint64_t whole_granules(std::uint64_t size) {
  require(size <= UINT64_MAX - Arena::kGranule, CUDA_ERROR_OUT_OF_MEMORY,
          "more than any device has");
  return (size + Arena::kGranule - 1) / Arena::kGranule * Arena::kGranule;
}

/// Where graphs allocate.
struct Addresses {
  std::mutex mutex;
  std::set<std::uint64_t> all;
};

}  // namespace

bool is_graph_memory(std::uint64_t address) {
  auto& known = leaked<Addresses>();
  const std::lock_guard lock(known.mutex);
  return known.all.contains(address);
}

GraphMemory::GraphMemory(std::shared_ptr<Context> of, std::uint64_t bytes)
    : context(std::move(of)), size(bytes), space(whole_granules(bytes)) {
  require(space <= context->device().arena.limit(), CUDA_ERROR_OUT_OF_MEMORY,
          "more than the device has");
  address = reserve_range(space, Arena::kGranule, 0);
  require(address != 0, CUDA_ERROR_OUT_OF_MEMORY, "no addresses are left");
  auto& known = leaked<Addresses>();
  const std::lock_guard lock(known.mutex);
  known.all.insert(address);
}

GraphMemory::~GraphMemory() {
  unmap();
  {
    auto& known = leaked<Addresses>();
    const std::lock_guard lock(known.mutex);
    known.all.erase(address);
  }
  release_range(address, space);
}

void GraphMemory::announce() {
  const auto known = address_map().find_start(address);
  if (known != nullptr) return;
  const auto made = make_allocation(context, Allocation::Kind::pool, address, size);
  made->of_graph = shared_from_this();
  address_map().add(made);
}

CUresult GraphMemory::map() {
  if (mapped_.exchange(true)) return CUDA_ERROR_INVALID_VALUE;
  Device& device = context->device();
  if (!device.usage.charge(space)) {
    mapped_ = false;
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  if (!set_reach(address, space, Reach::write)) {
    device.usage.refund(space);
    mapped_ = false;
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  GraphMemoryUse& use = device.graph_memory;
  const std::uint64_t used = use.now.fetch_add(space) + space;
  std::uint64_t high = use.high;
  while (high < used && !use.high.compare_exchange_weak(high, used)) {
  }
  announce();
  return CUDA_SUCCESS;
}

void GraphMemory::unmap() {
  if (!mapped_.exchange(false)) return;
  unmap_range(address, space);
  Device& device = context->device();
  device.graph_memory.now -= space;
  device.usage.refund(space);
}

void GraphMemory::free() {
  const auto known = address_map().find_start(address);
  if (known != nullptr && known->of_graph.get() == this) address_map().take(address);
  unmap();
}

}  // namespace vgpu::cpu
