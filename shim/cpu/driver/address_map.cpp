#include "shim/cpu/driver/address_map.h"

#include <sys/mman.h>

#include <atomic>
#include <mutex>

#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/graph_memory.h"
#include "shim/cpu/driver/leaked.h"
#include "shim/cpu/driver/pool.h"
#include "shim/cpu/exec/address.h"
#include "shim/cpu/exec/address_space.h"

namespace vgpu::cpu {

AddressMap& address_map() { return leaked<AddressMap>(); }

bool AddressMap::overlaps_locked(std::uint64_t at, std::uint64_t size) const {
  const auto next = by_address_.lower_bound(at);
  if (next != by_address_.end() && next->first - at < size) return true;
  if (next == by_address_.begin()) return false;
  const Allocation& before = *std::prev(next)->second;
  return at - before.base < before.size;
}

bool AddressMap::overlaps(std::uint64_t at, std::uint64_t size) const {
  const std::shared_lock lock(mutex_);
  return overlaps_locked(at, size);
}

bool AddressMap::add(const std::shared_ptr<Allocation>& allocation) {
  const std::unique_lock lock(mutex_);
  if (overlaps_locked(allocation->base, allocation->size)) return false;
  return by_address_.emplace(allocation->base, allocation).second;
}

std::shared_ptr<Allocation> AddressMap::find(std::uint64_t address) const {
  const std::shared_lock lock(mutex_);
  const auto next = by_address_.upper_bound(address);
  if (next == by_address_.begin()) return nullptr;
  const auto& candidate = std::prev(next)->second;
  return address - candidate->base < candidate->size ? candidate : nullptr;
}

bool AddressMap::holds(std::uint64_t at, std::uint64_t size) const {
  const std::shared_lock lock(mutex_);
  auto next = by_address_.upper_bound(at);
  if (next == by_address_.begin() || size > UINT64_MAX - at) return false;
  const Allocation* here = std::prev(next)->second.get();
  while (here->accessible()) {
    if (here->holds(at, size)) return true;
    const std::uint64_t end = here->base + here->size;
    if (here->kind != Allocation::Kind::mapped || at > end || next == by_address_.end()) break;
    if (next->first != end || next->second->kind != Allocation::Kind::mapped) break;
    size -= end - at;
    at = end;
    here = next->second.get();
    ++next;
  }
  return false;
}

std::vector<std::shared_ptr<Allocation>> AddressMap::mappings(std::uint64_t at,
                                                              std::uint64_t size) const {
  std::vector<std::shared_ptr<Allocation>> found;
  const std::shared_lock lock(mutex_);
  for (auto next = by_address_.find(at); size != 0; ++next) {
    if (next == by_address_.end() || next->first != at) return {};
    const auto& here = next->second;
    if (here->kind != Allocation::Kind::mapped || here->size > size) return {};
    found.push_back(here);
    at += here->size;
    size -= here->size;
  }
  return found;
}

std::shared_ptr<Allocation> AddressMap::find_start(std::uint64_t address) const {
  const std::shared_lock lock(mutex_);
  const auto at = by_address_.find(address);
  return at == by_address_.end() ? nullptr : at->second;
}

std::shared_ptr<Allocation> AddressMap::take(std::uint64_t address) {
  const std::unique_lock lock(mutex_);
  const auto at = by_address_.find(address);
  if (at == by_address_.end()) return nullptr;
  auto taken = std::move(at->second);
  by_address_.erase(at);
  return taken;
}

std::vector<std::shared_ptr<Allocation>> AddressMap::take_all(std::uint64_t context_id) {
  std::vector<std::shared_ptr<Allocation>> taken;
  const std::unique_lock lock(mutex_);
  for (auto at = by_address_.begin(); at != by_address_.end();) {
    if (at->second->context_id == context_id) {
      taken.push_back(std::move(at->second));
      at = by_address_.erase(at);
    } else {
      ++at;
    }
  }
  return taken;
}

std::shared_ptr<Allocation> make_allocation(const std::shared_ptr<Context>& context,
                                            Allocation::Kind kind, std::uint64_t base,
                                            std::uint64_t size) {
  static std::atomic<std::uint64_t> next_id{1};
  auto made = std::make_shared<Allocation>();
  made->base = base;
  made->size = size;
  made->kind = kind;
  made->context = context;
  made->context_id = context->id();
  made->id = next_id.fetch_add(1, std::memory_order_relaxed);
  return made;
}

void* map_host_memory(std::uint64_t size, std::uint64_t& mapped) {
  constexpr std::uint64_t kPage = 4096;
  if (size > UINT64_MAX - kPage) return nullptr;
  mapped = (size + kPage - 1) / kPage * kPage;
  void* const got = exec::address_space().reserve(mapped, kPage);
  if (got == nullptr || mprotect(got, mapped, PROT_READ | PROT_WRITE) == 0) return got;
  exec::address_space().release(got, mapped);
  return nullptr;
}

void release_memory(const Allocation& allocation) {
  void* const at = exec::pointer(allocation.base);
  if (allocation.pool != nullptr) allocation.pool->used -= allocation.size;
  if (allocation.of_graph != nullptr) {
    allocation.of_graph->unmap();
  } else if (allocation.on_device()) {
    allocation.context->device().arena.release(at);
  } else if (allocation.mapped != 0) {
    exec::address_space().release(at, allocation.mapped);
  } else if (allocation.kind == Allocation::Kind::registered) {
    exec::address_space().withdraw(allocation.base, allocation.size);
  }
}

}  // namespace vgpu::cpu
