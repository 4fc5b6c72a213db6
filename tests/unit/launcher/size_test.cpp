#include "launcher/size.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace vgpu::launcher {

TEST_CASE("size: binary and decimal units, decimals and plain bytes are read exactly") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("4096B") == 4096);
  CHECK(parse_size("8GiB") == 8589934592U);
  CHECK(parse_size("8 GiB") == 8589934592U);
  CHECK(parse_size("1.5GiB") == 1610612736U);
  CHECK(parse_size("16GB") == 16000000000U);
  CHECK(parse_size("2KiB") == 2048);
  CHECK(parse_size("1TiB") == 1099511627776U);
}

TEST_CASE("size: what is not exactly a size is refused") {
  for (const char* text : {"", "GiB", "-1GiB", "8gib", "8G", "1..5GiB", "1.GiB", ".5GiB", "8GiB x",
                           "0x10", "1e3", "99999999999999999999", "16777216TiB", "1.0000001GiB"})
    CHECK_THROWS_AS(parse_size(text), std::runtime_error);
}

TEST_CASE("size: prints the largest unit that it has a whole number of") {
  CHECK(print_size(8589934592U) == "8 GiB");
  CHECK(print_size(85017493504U) == "81079 MiB");
  CHECK(print_size(3072) == "3 KiB");
  CHECK(print_size(7) == "7 B");
}

}  // namespace vgpu::launcher
