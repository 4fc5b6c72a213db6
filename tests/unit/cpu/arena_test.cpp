#include "shim/cpu/driver/arena.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>

namespace vgpu::cpu {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::uint64_t number(const void* at) { return reinterpret_cast<std::uint64_t>(at); }

/// True when the page at `at` may be read, told without touching it.
bool is_readable(const void* at) {
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  const bool readable = write(fds[1], at, 1) == 1;
  close(fds[0]);
  close(fds[1]);
  return readable;
}

TEST_CASE("arena: small allocations are 512 bytes apart in one granule") {
  GpuUsage usage(1, 64 * kMiB);
  Arena arena(64 * kMiB, usage);
  void* const first = arena.allocate(1);
  void* const second = arena.allocate(100);
  void* const third = arena.allocate(4096);
  void* const fourth = arena.allocate(kMiB);
  CHECK(number(first) % Arena::kGranule == 0);
  CHECK(number(second) - number(first) == 0x200);
  CHECK(number(third) - number(first) == 0x400);
  CHECK(number(fourth) - number(first) == 0x1400);
  CHECK(arena.used() == Arena::kGranule);
}

TEST_CASE("arena: memory is the limit, and what is given back can be had again") {
  GpuUsage usage(1, 8 * kMiB);
  Arena arena(8 * kMiB, usage);
  CHECK(arena.allocate(9 * kMiB) == nullptr);
  void* const all = arena.allocate(8 * kMiB);
  REQUIRE(all != nullptr);
  CHECK(number(all) % Arena::kGranule == 0);
  CHECK(arena.allocate(1) == nullptr);
  arena.release(all);
  CHECK(arena.used() == 0);
  CHECK(arena.allocate(8 * kMiB) != nullptr);
}

TEST_CASE("arena: what is freed cannot be read, and comes back as zeros") {
  GpuUsage usage(1, 8 * kMiB);
  Arena arena(8 * kMiB, usage);
  char* const large = static_cast<char*>(arena.allocate(4 * kMiB));
  std::memset(large, 1, 4 * kMiB);
  CHECK(is_readable(large));
  CHECK_FALSE(is_readable(large + 4 * kMiB));
  arena.release(large);
  CHECK_FALSE(is_readable(large));
  char* const small = static_cast<char*>(arena.allocate(100));
  CHECK(is_readable(small));
  CHECK(small[0] == 0);
  arena.release(small);
  CHECK_FALSE(is_readable(small));
}

TEST_CASE("arena: an address that was not given out is not released") {
  GpuUsage usage(1, 8 * kMiB);
  Arena arena(8 * kMiB, usage);
  char* const at = static_cast<char*>(arena.allocate(100));
  arena.release(at + 1);
  arena.release(nullptr);
  CHECK(arena.used() == Arena::kGranule);
  arena.release(at);
  arena.release(at);
  CHECK(arena.used() == 0);
}

TEST_CASE("arena: a stricter alignment is kept") {
  GpuUsage usage(1, 8 * kMiB);
  Arena arena(8 * kMiB, usage);
  arena.allocate(1);
  CHECK(number(arena.allocate(100, 65536)) % 65536 == 0);
}

}  // namespace
}  // namespace vgpu::cpu
