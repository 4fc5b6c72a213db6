#include "shim/cpu/driver/device_range.h"

#include <sys/mman.h>

#include <algorithm>

#include "shim/cpu/exec/address.h"
#include "shim/cpu/exec/address_space.h"

namespace vgpu::cpu {

using exec::number;
using exec::pointer;

namespace {

constexpr int kReserved = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

/// The child of a fork has no device, and a core file no use for its memory.
void keep_to_ourselves(void* at, std::uint64_t size) {
  madvise(at, size, MADV_DONTFORK);
  madvise(at, size, MADV_DONTDUMP);
}

}  // namespace

std::uint64_t reserve_range(std::uint64_t size, std::uint64_t align, std::uint64_t wanted) {
  constexpr std::uint64_t kPage = 4096;
  align = std::max(align, kPage);
  if (size > UINT64_MAX - align) return 0;
  exec::AddressSpace& space = exec::address_space();
  void* at = pointer(wanted);
  if (wanted == 0 || wanted % align != 0 || !space.reserve_at(at, size))
    at = space.reserve(size, align);
  if (at != nullptr) keep_to_ourselves(at, size);
  return number(at);
}

void release_range(std::uint64_t at, std::uint64_t size) {
  exec::address_space().release(pointer(at), size);
}

std::uint64_t make_shared_memory(std::uint64_t size) {
  void* const got =
      mmap(nullptr, size, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) return 0;
  keep_to_ourselves(got, size);
  madvise(got, size, MADV_HUGEPAGE);
  return number(got);
}

void release_shared_memory(std::uint64_t at, std::uint64_t size) { munmap(pointer(at), size); }

bool map_range(std::uint64_t at, std::uint64_t shared, std::uint64_t size) {
  // An old size of 0 makes a second mapping of the same pages, mremap(2): no descriptor is needed.
  void* const got = mremap(pointer(shared), 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, pointer(at));
  if (got == MAP_FAILED) {
    // The kernel may have taken away what was there before it failed; where it has not, this fails.
    static_cast<void>(mmap(pointer(at), size, PROT_NONE, kReserved | MAP_FIXED_NOREPLACE, -1, 0));
    return false;
  }
  keep_to_ourselves(got, size);
  return true;
}

void unmap_range(std::uint64_t at, std::uint64_t size) {
  void* const got = mmap(pointer(at), size, PROT_NONE, kReserved | MAP_FIXED, -1, 0);
  if (got != MAP_FAILED) keep_to_ourselves(got, size);
}

bool set_reach(std::uint64_t at, std::uint64_t size, Reach reach) {
  constexpr int kProtections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
  return mprotect(pointer(at), size, kProtections[static_cast<int>(reach)]) == 0;
}

}  // namespace vgpu::cpu
