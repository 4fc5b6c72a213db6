#include "shim/cpu/exec/address_space.h"

#include <sys/mman.h>

#include <algorithm>

#include "shim/cpu/exec/address.h"

namespace vgpu::exec {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kEdge = std::uint64_t{4} << 30;
constexpr std::uint64_t kAll = std::uint64_t{1} << 56;  // more than any processor has
constexpr std::uint64_t kLeast = std::uint64_t{1} << 34;
// ThreadSanitizer's own memory leaves less, and that below 1 << 39. Elsewhere it would map at any
// place, page 0 for one who may have that. Source: tsan_platform.h, fix_mmap_addr().
#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kPlace = std::uint64_t{1} << 38;
constexpr std::uint64_t kMost = std::uint64_t{1} << 38;
#else
constexpr std::uint64_t kPlace = std::uint64_t{1} << 45;
constexpr std::uint64_t kMost = std::uint64_t{1} << 42;
#endif

void* map_nothing(void* at, std::uint64_t size, int flags) {
  void* const got =
      ::mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
  if (got == MAP_FAILED) return nullptr;
  if (at != nullptr && got != at) {  // a kernel that doesn't know MAP_FIXED_NOREPLACE
    ::munmap(got, size);
    return nullptr;
  }
  ::madvise(got, size, MADV_DONTDUMP);
  return got;
}

}  // namespace

AddressSpace::AddressSpace(std::uint64_t most) {
  // The same place in every process makes code that one has compiled good for the next.
  if (kPlace % most == 0 && map_nothing(pointer(kPlace), most, MAP_FIXED_NOREPLACE) != nullptr) {
    base_ = kPlace;
    size_ = most;
    free_.insert(base_ + kEdge, size_ - 2 * kEdge);
    return;
  }
  for (std::uint64_t size = most; size >= kLeast; size /= 2) {
    void* const got = map_nothing(nullptr, 2 * size, 0);
    if (got == nullptr) continue;
    const auto start = number(got);
    base_ = round_up(start, size);
    size_ = size;
    if (base_ != start) ::munmap(got, base_ - start);
    if (base_ + size != start + 2 * size) ::munmap(pointer(base_ + size), start + size - base_);
    free_.insert(base_ + kEdge, size - 2 * kEdge);
    return;
  }
}

void* AddressSpace::reserve(std::uint64_t size, std::uint64_t align) {
  align = std::max(align, kPage);
  if (size == 0 || size > kAll || align > kAll) return nullptr;
  size = round_up(size, kPage);
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = free_.take(size, align)) return pointer(*at);
  }
  void* const got = map_nothing(nullptr, size + align, 0);
  if (got == nullptr) return nullptr;
  const auto start = number(got);
  const std::uint64_t at = round_up(start, align);
  if (at != start) ::munmap(got, at - start);
  if (start + align != at) ::munmap(pointer(at + size), start + align - at);
  admit(at, size);
  return pointer(at);
}

bool AddressSpace::reserve_at(void* at, std::uint64_t size) {
  if (size == 0 || size > kAll) return false;
  const std::lock_guard lock(mutex_);
  return free_.take_at(number(at), round_up(size, kPage));
}

void AddressSpace::release(void* at, std::uint64_t size) noexcept {
  size = round_up(size, kPage);
  const auto address = number(at);
  if (!in_region(address)) {
    withdraw(address, size);
    ::munmap(at, size);
    return;
  }
  // A fresh mapping gives the pages back and takes the access away in one step.
  if (map_nothing(at, size, MAP_FIXED) == nullptr) {
    ::madvise(at, size, MADV_DONTNEED);
    ::mprotect(at, size, PROT_NONE);
  }
  const std::lock_guard lock(mutex_);
  free_.insert(address, size);
}

void AddressSpace::admit(std::uint64_t at, std::uint64_t size) {
  // A device maps whole pages.
  const std::uint64_t first = at / kPage * kPage;
  const std::uint64_t end = round_up(at + size, kPage);
  const std::unique_lock lock(admitted_mutex_);
  admitted_.emplace(first, end);
  longest_ = std::max(longest_, end - first);
}

void AddressSpace::withdraw(std::uint64_t at, std::uint64_t size) noexcept {
  const std::uint64_t end = round_up(at + size, kPage);
  const std::unique_lock lock(admitted_mutex_);
  const auto [first, last] = admitted_.equal_range(at / kPage * kPage);
  for (auto each = first; each != last; ++each) {
    if (each->second != end) continue;
    admitted_.erase(each);
    return;
  }
}

bool AddressSpace::allows(std::uint64_t at, std::uint64_t size) const {
  if (in_region(at)) return true;
  const std::shared_lock lock(admitted_mutex_);
  // Ranges may share pages, so that one which began earlier may still reach here.
  for (auto next = admitted_.upper_bound(at); next != admitted_.begin();) {
    --next;
    if (at - next->first >= longest_) return false;
    if (at < next->second && size <= next->second - at) return true;
  }
  return false;
}

AddressSpace& address_space() {
  static auto* const space = new AddressSpace(kMost);
  return *space;
}

}  // namespace vgpu::exec
