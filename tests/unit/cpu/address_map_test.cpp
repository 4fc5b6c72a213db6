#include "shim/cpu/driver/address_map.h"

#include <doctest/doctest.h>

namespace vgpu::cpu {
namespace {

std::shared_ptr<Allocation> range(std::uint64_t base, std::uint64_t size, std::uint64_t owner = 1) {
  auto made = std::make_shared<Allocation>();
  made->base = base;
  made->size = size;
  made->context_id = owner;
  return made;
}

TEST_CASE("address map: an address is found from its first byte to its last") {
  AddressMap map;
  const auto allocation = range(1000, 100);
  REQUIRE(map.add(allocation));
  CHECK(map.find(999) == nullptr);
  CHECK(map.find(1000) == allocation);
  CHECK(map.find(1099) == allocation);
  CHECK(map.find(1100) == nullptr);
  CHECK(map.find_start(1001) == nullptr);
  CHECK(map.take(1001) == nullptr);
  CHECK(map.take(1000) == allocation);
  CHECK(map.find(1000) == nullptr);
}

TEST_CASE("address map: ranges that share a byte exclude each other") {
  AddressMap map;
  REQUIRE(map.add(range(1000, 100)));
  for (const auto& [base, size] :
       {std::pair{900, 101}, {1099, 1}, {1000, 100}, {1050, 10}, {0, 5000}})
    CHECK_FALSE(map.add(range(static_cast<std::uint64_t>(base), static_cast<std::uint64_t>(size))));
  CHECK(map.add(range(900, 100)));
  CHECK(map.add(range(1100, 1)));
  CHECK(map.overlaps(0, 901));
  CHECK_FALSE(map.overlaps(0, 900));
}

TEST_CASE("address map: mappings side by side hold a range together, once they may be used") {
  AddressMap map;
  const auto mapping = [&](std::uint64_t base, std::uint64_t access) {
    const auto made = range(base, 100);
    made->kind = Allocation::Kind::mapped;
    made->access = access;
    REQUIRE(map.add(made));
    return made;
  };
  const auto first = mapping(1000, 3);
  const auto second = mapping(1100, 3);
  mapping(1200, 0);
  REQUIRE(map.add(range(1300, 100)));
  CHECK(map.holds(1050, 150));
  CHECK_FALSE(map.holds(1050, 151));
  CHECK_FALSE(map.holds(1250, 1));
  CHECK(map.holds(1350, 50));
  CHECK_FALSE(map.holds(1350, 51));
  CHECK_FALSE(map.holds(1350, UINT64_MAX));
  CHECK(map.mappings(1000, 200) == std::vector{first, second});
  CHECK(map.mappings(1000, 150).empty());
  CHECK(map.mappings(1050, 50).empty());
  CHECK(map.mappings(1200, 200).empty());
}

TEST_CASE("address map: a range is held only whole, also at the end of the address space") {
  const auto made = range(1000, 100);
  const Allocation& allocation = *made;
  CHECK(allocation.holds(1000, 100));
  CHECK(allocation.holds(1100, 0));
  CHECK_FALSE(allocation.holds(1000, 101));
  CHECK_FALSE(allocation.holds(1050, UINT64_MAX));
  CHECK_FALSE(allocation.holds(999, 1));
}

TEST_CASE("address map: an owner's ranges go together") {
  AddressMap map;
  map.add(range(0, 10, 1));
  map.add(range(10, 10, 2));
  map.add(range(20, 10, 1));
  CHECK(map.take_all(1).size() == 2);
  CHECK(map.find(5) == nullptr);
  CHECK(map.find(15) != nullptr);
}

}  // namespace
}  // namespace vgpu::cpu
