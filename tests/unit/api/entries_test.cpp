#include "shim/api/entries.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "shim/api/driver_table.h"

using namespace vgpu;

TEST_CASE("entries: a number has one name, and no two have the same") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kEntryCount; ++i) names.insert(entry_name(static_cast<Entry>(i)));
  CHECK(names.size() == kEntryCount);
  CHECK(entry_name(Entry::cuMemcpyHtoD_v2_ptds) == std::string("cuMemcpyHtoD_v2_ptds"));
}

TEST_CASE("driver table: a slot that nobody filled in is null") {
  const DriverTable table;
  const auto* const words = reinterpret_cast<void* const*>(&table);
  for (std::size_t i = 0; i < sizeof table / sizeof(void*); ++i) CHECK(words[i] == nullptr);
}
