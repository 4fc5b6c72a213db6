#include "shim/cpu/driver/handle_table.h"

#include <doctest/doctest.h>

namespace vgpu::cpu {
namespace {

TEST_CASE("handles: only what was added is found, and only until it is taken") {
  HandleTable<int> table;
  auto object = std::make_shared<int>(5);
  const void* const handle = object.get();
  CHECK(table.find(handle) == nullptr);
  table.add(object);
  CHECK(table.find(handle) == object);
  CHECK(table.find(nullptr) == nullptr);
  CHECK(table.find(&table) == nullptr);
  CHECK(table.take(handle) == object);
  CHECK(table.find(handle) == nullptr);
  CHECK(table.take(handle) == nullptr);
}

TEST_CASE("handles: a choice of them is taken at once") {
  HandleTable<int> table;
  for (int i = 0; i < 10; ++i) table.add(std::make_shared<int>(i));
  CHECK(table.take_if([](int value) { return value % 2 == 0; }).size() == 5);
  CHECK(table.all().size() == 5);
}

}  // namespace
}  // namespace vgpu::cpu
