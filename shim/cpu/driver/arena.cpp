#include "shim/cpu/driver/arena.h"

#include <sys/mman.h>

#include <new>

#include "shim/cpu/exec/address.h"
#include "shim/cpu/exec/address_space.h"

namespace vgpu::cpu {

using exec::number;
using exec::pointer;
using exec::round_up;

Arena::Arena(std::uint64_t limit, GpuUsage& usage)
    : limit_(limit / kGranule * kGranule), usage_(usage) {
  // Twice the memory leaves room for fragmented addresses; a small address-space limit of the
  // program may only allow for less.
  for (reserved_ = 2 * limit_ + kGranule; reserved_ > kGranule; reserved_ /= 2) {
    void* const got = exec::address_space().reserve(reserved_, kGranule);
    if (got == nullptr) continue;
    // The child of a fork has no device, and must not slow down the parent's by copy-on-write.
    madvise(got, reserved_, MADV_DONTFORK);
    base_ = number(got);
    granules_.insert(base_, reserved_ / kGranule * kGranule);
    return;
  }
  throw std::bad_alloc();
}

bool Arena::map_granules(std::uint64_t& at, std::uint64_t size) {
  if (size > limit_ - used_ || !usage_.charge(size)) return false;
  const auto taken = granules_.take(size, kGranule);
  if (!taken || mprotect(pointer(*taken), size, PROT_READ | PROT_WRITE) != 0) {
    if (taken) granules_.insert(*taken, size);
    usage_.refund(size);
    return false;
  }
  madvise(pointer(*taken), size, MADV_HUGEPAGE);
  used_ += size;
  at = *taken;
  return true;
}

void Arena::unmap_granules(std::uint64_t at, std::uint64_t size) {
  // A fresh mapping gives the pages back and takes the access away in one step.
  void* const got = mmap(pointer(at), size, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (got != MAP_FAILED) {
    madvise(got, size, MADV_DONTFORK);
    madvise(got, size, MADV_DONTDUMP);
  } else {
    madvise(pointer(at), size, MADV_DONTNEED);
  }
  used_ -= size;
  usage_.refund(size);
  granules_.insert(at, size);
}

void* Arena::allocate(std::uint64_t size, std::uint64_t align) {
  if (size > limit_ || align > kGranule) return nullptr;
  const std::lock_guard lock(mutex_);
  std::uint64_t at = 0;
  if (size >= kGranule) {
    size = round_up(size, kGranule);
    if (!map_granules(at, size)) return nullptr;
  } else {
    size = round_up(size == 0 ? 1 : size, kAlignment);
    align = round_up(align == 0 ? 1 : align, kAlignment);
    auto taken = small_.take(size, align);
    if (!taken) {
      if (!map_granules(at, kGranule)) return nullptr;
      small_.insert(at, kGranule);
      taken = small_.take(size, align);
      if (!taken) return nullptr;  // no such alignment inside one granule
    }
    at = *taken;
  }
  allocated_.emplace(at, size);
  return pointer(at);
}

void Arena::release(void* at) {
  const std::lock_guard lock(mutex_);
  const auto found = allocated_.find(number(at));
  if (found == allocated_.end()) return;
  const auto [address, size] = *found;
  allocated_.erase(found);
  if (size >= kGranule) {
    unmap_granules(address, size);
    return;
  }
  const exec::RangeSet::Range range = small_.insert(address, size);
  if (range.size != kGranule) return;
  small_.erase(range);
  unmap_granules(range.at, range.size);
}

std::uint64_t Arena::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

}  // namespace vgpu::cpu
