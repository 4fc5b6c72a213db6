#include "shim/cpu/exec/range_set.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

namespace vgpu::exec {
namespace {

TEST_CASE("range set: it gives the tightest range, and joins neighbours again") {
  RangeSet set;
  set.insert(0, 100);
  set.insert(200, 40);
  CHECK(set.take(40, 1) == 200);
  CHECK(set.take(40, 1) == 0);
  CHECK(set.take(60, 1) == 40);
  CHECK_FALSE(set.take(1, 1).has_value());
  set.insert(0, 40);
  const RangeSet::Range joined = set.insert(40, 60);
  CHECK(joined.at == 0);
  CHECK(joined.size == 100);
  CHECK(set.take(100, 1) == 0);
}

TEST_CASE("range set: neighbours on both sides of a boundary stay apart") {
  RangeSet set(100);
  set.insert(50, 50);
  const RangeSet::Range range = set.insert(100, 50);
  CHECK(range.at == 100);
  CHECK(range.size == 50);
  CHECK_FALSE(set.take(60, 1).has_value());
}

TEST_CASE("range set: an aligned piece leaves what is before and behind it") {
  RangeSet set;
  set.insert(10, 90);
  CHECK(set.take(20, 64) == 64);
  CHECK(set.take(54, 1) == 10);
  CHECK(set.take(16, 1) == 84);
}

TEST_CASE("range set: whatever is taken and given back, nothing overlaps and nothing is lost") {
  constexpr std::uint64_t kSize = 4096;
  RangeSet set;
  set.insert(0, kSize);
  std::map<std::uint64_t, std::uint64_t> taken;
  std::mt19937 random(7);  // NOLINT: the same run every time
  for (int round = 0; round < 5000; ++round) {
    if (random() % 2 == 0 && !taken.empty()) {
      const auto at = std::next(taken.begin(), static_cast<long>(random() % taken.size()));
      set.insert(at->first, at->second);
      taken.erase(at);
      continue;
    }
    const std::uint64_t size = 1 + random() % 64;
    const std::uint64_t align = std::uint64_t{1} << random() % 6;
    const auto at = set.take(size, align);
    if (!at) continue;
    REQUIRE(*at % align == 0);
    REQUIRE(*at + size <= kSize);
    const auto [place, fresh] = taken.emplace(*at, size);
    REQUIRE(fresh);
    if (place != taken.begin()) REQUIRE(std::prev(place)->first + std::prev(place)->second <= *at);
    if (std::next(place) != taken.end()) REQUIRE(*at + size <= std::next(place)->first);
  }
  for (const auto& [at, size] : taken) set.insert(at, size);
  CHECK(set.take(kSize, 1) == 0);
}

}  // namespace
}  // namespace vgpu::exec
