#include "shim/cpu/exec/window.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>

#include "shim/cpu/exec/fault_guard.h"

namespace vgpu::exec {
namespace {

bool can_write(std::byte* at) {
  Fault fault;
  return run_guarded([](void* p) { *static_cast<volatile char*>(p) = 1; }, at, fault);
}

TEST_CASE("Window: no 32-bit offset outside the buffer reaches memory") {
  arm_fault_handlers();
  const Window window(48 << 10);
  CHECK(can_write(window.data()));
  CHECK(can_write(window.data() + (48 << 10) - 1));
  for (const std::int32_t offset : {-1, 48 << 10, 1 << 30, -(1 << 30), INT32_MAX, INT32_MIN}) {
    CAPTURE(offset);
    CHECK_FALSE(can_write(window.data() + offset));
  }
}

}  // namespace
}  // namespace vgpu::exec
