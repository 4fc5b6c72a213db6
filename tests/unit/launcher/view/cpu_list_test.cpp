#include "launcher/view/cpu_list.h"

#include <doctest/doctest.h>

namespace vgpu::launcher {

TEST_CASE("cpu mask: the kernel's words for the kernel's lists") {
  CHECK(cpu_mask("0") == "1");
  CHECK(cpu_mask("0-15") == "ffff");
  CHECK(cpu_mask("0-3,8") == "10f");
  CHECK(cpu_mask("0-31") == "ffffffff");
  CHECK(cpu_mask("0-32") == "1,ffffffff");
  CHECK(cpu_mask("64") == "1,00000000,00000000");
}

TEST_CASE("cpu mask: what is no list is one CPU") {
  for (const char* text : {"", "x", "0-", "-1", "1-x", "0-99999999", "0,,1", "3-1"})
    CHECK(cpu_mask(text) == "1");
}

}  // namespace vgpu::launcher
