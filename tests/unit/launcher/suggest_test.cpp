#include "launcher/suggest.h"

#include <doctest/doctest.h>

namespace vgpu::launcher {

TEST_CASE("suggestion: the nearest candidate, if it is near") {
  CHECK(suggestion("h10", {"t4", "h100", "a100"}) == "; did you mean `h100`?");
  CHECK(suggestion("rtx4080", {"rtx3090", "rtx4090"}) == "; did you mean `rtx4090`?");
  CHECK(suggestion("voodoo", {"t4", "h100"}).empty());
  CHECK(suggestion("x", {}).empty());
  CHECK(suggestion(std::string(5000, 'x'), {"t4"}).empty());
}

}  // namespace vgpu::launcher
