#include "shim/cpu/driver/checked_math.h"

#include <doctest/doctest.h>

namespace vgpu::cpu {
namespace {

TEST_CASE("checked arithmetic: an overflow is INVALID_VALUE") {
  CHECK(checked_add(UINT64_MAX - 1, 1) == UINT64_MAX);
  CHECK_THROWS_AS(checked_add(UINT64_MAX, 1), ApiError);
  CHECK(checked_multiply(UINT64_MAX, 1) == UINT64_MAX);
  CHECK_THROWS_AS(checked_multiply(UINT64_MAX, 2), ApiError);
}

}  // namespace
}  // namespace vgpu::cpu
