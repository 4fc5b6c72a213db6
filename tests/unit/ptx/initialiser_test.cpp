#include <doctest/doctest.h>

#include <cstring>

#include "parse.h"

namespace vgpu::ptx {
namespace {

using test::module_of;

Variable variable_of(const std::string& text) { return module_of(text).variables.back(); }

template <typename T>
T value_at(const Variable& variable, std::size_t index) {
  T value{};
  REQUIRE(variable.init.size() >= (index + 1) * sizeof(T));
  std::memcpy(&value, variable.init.data() + index * sizeof(T), sizeof(T));
  return value;
}

TEST_CASE("initialiser: scalars of every type") {
  CHECK(value_at<std::int32_t>(variable_of(".global .s32 x = -5;"), 0) == -5);
  CHECK(value_at<float>(variable_of(".global .f32 x = 0f3F800000;"), 0) == 1.0F);
  CHECK(value_at<float>(variable_of(".global .f32 x = 1.5;"), 0) == 1.5F);
  CHECK(value_at<float>(variable_of(".global .f32 x = -1.5;"), 0) == -1.5F);
  CHECK(value_at<float>(variable_of(".global .f32 x = 3;"), 0) == 3.0F);
  CHECK(value_at<double>(variable_of(".global .f64 x = 0d4000000000000000;"), 0) == 2.0);
  CHECK(value_at<double>(variable_of(".global .f64 x = 0.1;"), 0) == 0.1);
  CHECK(value_at<std::uint32_t>(variable_of(".global .b32 x = 0f3F800000;"), 0) == 0x3f800000);
  CHECK(value_at<std::uint8_t>(variable_of(".const .u8 x = 0x1FF;"), 0) == 0xff);
}

TEST_CASE("initialiser: what is left out is zero and not stored") {
  const Variable x = variable_of(".global .align 1 .b8 x[100] = {1, 2, 3};");
  CHECK(x.size == 100);
  CHECK(x.init == std::vector<std::uint8_t>{1, 2, 3});
}

TEST_CASE("initialiser: an empty dimension is counted") {
  const Variable x = variable_of(".global .u16 x[] = {1, 2, 3};");
  CHECK(x.count == 3);
  CHECK(x.size == 6);
  const Variable y = variable_of(".global .u8 y[][2] = {{1, 2}, {3}};");
  CHECK(y.count == 4);
}

TEST_CASE("initialiser: inner braces fill one row each") {
  const Variable x = variable_of(".global .u8 x[3][2] = {{1}, {2, 3}, {4, 5}};");
  CHECK(x.init == std::vector<std::uint8_t>{1, 0, 2, 3, 4, 5});
  const Variable v = variable_of(".global .v2 .u8 v[2] = {{1, 2}, {3, 4}};");
  CHECK(v.init == std::vector<std::uint8_t>{1, 2, 3, 4});
  const Variable flat = variable_of(".global .u8 x[2][2] = {1, 2, 3, 4};");
  CHECK(flat.init == std::vector<std::uint8_t>{1, 2, 3, 4});
}

TEST_CASE("initialiser: addresses are left to be filled in") {
  const Variable x = variable_of(".global .u64 x[4] = {1, other, generic(table)+16, 2};");
  REQUIRE(x.addresses.size() == 2);
  CHECK(x.addresses[0].symbol == "other");
  CHECK(x.addresses[0].at == 8);
  CHECK(x.addresses[0].size == 8);
  CHECK_FALSE(x.addresses[0].generic);
  CHECK(x.addresses[1].symbol == "table");
  CHECK(x.addresses[1].at == 16);
  CHECK(x.addresses[1].offset == 16);
  CHECK(x.addresses[1].generic);
  CHECK(value_at<std::uint64_t>(x, 3) == 2);
}

TEST_CASE("initialiser: the bytes of one address become one entry") {
  const Variable x = variable_of(
      ".global .u8 x[9] = {1, 0xFF(generic(g)+4), 0xFF00(generic(g)+4), 0xFF0000(generic(g)+4),"
      "0xFF000000(generic(g)+4), 0xFF00000000(generic(g)+4), 0xFF0000000000(generic(g)+4),"
      "0xFF000000000000(generic(g)+4), 0xFF00000000000000(generic(g)+4)};");
  REQUIRE(x.addresses.size() == 1);
  CHECK(x.addresses[0].at == 1);
  CHECK(x.addresses[0].size == 8);
  CHECK(x.addresses[0].shift == 0);
  CHECK(x.addresses[0].offset == 4);
  CHECK(x.addresses[0].generic);
}

TEST_CASE("initialiser: a lone byte of an address says which one it is") {
  const Variable x = variable_of(".global .u8 x[2] = {0xFF00(g), 0xFF(g)};");
  REQUIRE(x.addresses.size() == 2);
  CHECK(x.addresses[0].shift == 8);
  CHECK(x.addresses[0].size == 1);
  CHECK(x.addresses[1].shift == 0);
}

}  // namespace
}  // namespace vgpu::ptx
