#include "shim/cpu/driver/physical_memory.h"

#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/device_range.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/leaked.h"

namespace vgpu::cpu {
namespace {

constexpr unsigned kAccessBits = 2;
constexpr std::uint64_t kAccessMask = 3;

unsigned shift_of(int ordinal) { return kAccessBits * (static_cast<unsigned>(ordinal) % 32U); }

Reach reach_of(std::uint64_t access) {
  Reach reach = Reach::none;
  for (; access != 0; access >>= kAccessBits) {
    if ((access & kAccessMask) == CU_MEM_ACCESS_FLAGS_PROT_READWRITE) return Reach::write;
    if ((access & kAccessMask) != 0) reach = Reach::read;
  }
  return reach;
}

}  // namespace

PhysicalMemory::PhysicalMemory(Device& of, std::uint64_t bytes, const CUmemAllocationProp& wanted)
    : device(of), size(bytes), properties(wanted) {
  require(device.usage.charge(size), CUDA_ERROR_OUT_OF_MEMORY, "the device's memory is full");
  shared = make_shared_memory(size);
  if (shared != 0) return;
  device.usage.refund(size);
  fail(CUDA_ERROR_OUT_OF_MEMORY, "no addresses are left");
}

PhysicalMemory::~PhysicalMemory() {
  release_shared_memory(shared, size);
  device.usage.refund(size);
}

void Reservations::add(std::uint64_t at, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  by_address_.emplace(at, size);
}

bool Reservations::holds(std::uint64_t at, std::uint64_t size) const {
  const std::lock_guard lock(mutex_);
  const auto next = by_address_.upper_bound(at);
  if (next == by_address_.begin()) return false;
  const auto& [base, length] = *std::prev(next);
  return at - base <= length && size <= length - (at - base);
}

bool Reservations::take(std::uint64_t at, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(at);
  if (found == by_address_.end() || found->second != size) return false;
  by_address_.erase(found);
  return true;
}

Reservations& reservations() { return leaked<Reservations>(); }

CUmemAccess_flags access_of(const Allocation& mapping, int ordinal) {
  return static_cast<CUmemAccess_flags>((mapping.access >> shift_of(ordinal)) & kAccessMask);
}

bool set_access(Allocation& mapping, int ordinal, CUmemAccess_flags flags) {
  const std::uint64_t others = mapping.access & ~(kAccessMask << shift_of(ordinal));
  const std::uint64_t wanted = others | static_cast<std::uint64_t>(flags) << shift_of(ordinal);
  if (!set_reach(mapping.base, mapping.size, reach_of(wanted))) return false;
  mapping.access = wanted;
  return true;
}

}  // namespace vgpu::cpu
