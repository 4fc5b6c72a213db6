#include "shim/cpu/exec/address_space.h"

#include <doctest/doctest.h>

#include <vector>

namespace vgpu::exec {
namespace {

constexpr std::uint64_t kSmall = std::uint64_t{1} << 35;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

std::uint64_t number(const void* at) { return reinterpret_cast<std::uint64_t>(at); }

TEST_CASE("address space: the region is aligned to its size, and its edges are never given out") {
  AddressSpace space(kSmall);
  REQUIRE(space.size() != 0);
  CHECK(space.base() % space.size() == 0);
  std::uint64_t in_region = 0;
  for (int n = 0; n < 40; ++n) {
    const std::uint64_t at = number(space.reserve(kGiB, kGiB));
    REQUIRE(at != 0);
    CHECK(at % kGiB == 0);
    if (!space.in_region(at)) continue;
    ++in_region;
    CHECK(at - space.base() >= 4 * kGiB);
    CHECK(space.base() + space.size() - at >= 5 * kGiB);
  }
  CHECK(in_region == space.size() / kGiB - 8);
}

TEST_CASE("address space: what no longer fits into the region is allowed one by one") {
  AddressSpace space(kSmall);
  void* const large = space.reserve(2 * kSmall, 4096);
  REQUIRE(large != nullptr);
  CHECK_FALSE(space.in_region(number(large)));
  CHECK(space.allows(number(large), 8));
  CHECK(space.allows(number(large) + 2 * kSmall - 8, 8));
  CHECK_FALSE(space.allows(number(large) + 2 * kSmall - 4, 8));
  space.release(large, 2 * kSmall);
  CHECK_FALSE(space.allows(number(large), 8));
}

TEST_CASE("address space: what is given back is given out again") {
  AddressSpace space(kSmall);
  const std::uint64_t all = space.size() - 8 * kGiB;
  void* const first = space.reserve(all, 4096);
  CHECK(space.in_region(number(first)));
  space.release(first, all);
  CHECK(space.reserve(all, 4096) == first);
}

TEST_CASE("address space: the program's memory is a kernel's only while it is admitted, by pages") {
  AddressSpace space(kSmall);
  const std::vector<char> memory(3 * 4096);
  const std::uint64_t page = number(memory.data()) / 4096 * 4096 + 4096;
  CHECK_FALSE(space.allows(page, 1));
  space.admit(page + 100, 8);
  CHECK(space.allows(page, 1));
  CHECK(space.allows(page + 4092, 4));
  CHECK_FALSE(space.allows(page + 4096, 1));
  CHECK_FALSE(space.allows(page - 1, 1));
  // A second range of the same page keeps it.
  space.admit(page - 1, 2);
  space.withdraw(page + 100, 8);
  CHECK(space.allows(page + 4000, 4));
  space.withdraw(page - 1, 2);
  CHECK_FALSE(space.allows(page, 1));
}

TEST_CASE("address space: a size that no addresses are enough for gets none") {
  AddressSpace space(kSmall);
  void* const first = space.reserve(4096, 4096);
  for (const std::uint64_t size : {std::uint64_t{0}, UINT64_MAX, UINT64_MAX - 4094}) {
    CAPTURE(size);
    CHECK(space.reserve(size, 4096) == nullptr);
    CHECK_FALSE(space.reserve_at(static_cast<char*>(first) + 4096, size));
  }
  CHECK(space.reserve(4096, std::uint64_t{1} << 63) == nullptr);
}

}  // namespace
}  // namespace vgpu::exec
