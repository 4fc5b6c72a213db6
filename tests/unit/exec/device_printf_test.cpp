#include "shim/cpu/exec/device_printf.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

namespace vgpu::exec {
namespace {

// Fills an argument block as a compiler does: each value at its natural alignment.
class Block {
 public:
  template <class T>
  Block& add(T value) {
    bytes_.resize((bytes_.size() + sizeof(T) - 1) / sizeof(T) * sizeof(T));
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    return *this;
  }

  std::string format(const char* text, int expected_count) const {
    std::string out;
    CHECK(format_device_printf(text, bytes_.data(), out) == expected_count);
    return out;
  }

 private:
  std::vector<std::byte> bytes_ = std::vector<std::byte>();
};

TEST_CASE("device printf: values are read at their natural alignment") {
  CHECK(Block().add(1).add(2.5).add(3).add(-4LL).format("%d %g %d %lld", 4) == "1 2.5 3 -4");
}

TEST_CASE("device printf: flags, width, precision and '*' are printf's") {
  CHECK(Block().add(7).add(3.14159).format("[%5d|%-8.2f]", 2) == "[    7|3.14    ]");
  CHECK(Block().add(6).add(42).format("[%*d]", 2) == "[    42]");
  CHECK(Block().add(-1).format("%u", 1) == "4294967295");
  CHECK(Block().add(0x1234).format("%hhx", 1) == "34");
  CHECK(Block().add(255).format("%#x", 1) == "0xff");
}

TEST_CASE("device printf: strings, characters, pointers and percent signs") {
  const char* name = "lane";
  CHECK(Block().add(name).add(int{'x'}).format("%s %c 100%%", 2) == "lane x 100%");
  CHECK(Block().add(static_cast<const char*>(nullptr)).format("%s", 1) == "(null)");
  const std::string longer(1000, 'y');
  CHECK(Block().add(longer.c_str()).format("%s", 1) == longer);
}

TEST_CASE("device printf: what CUDA does not accept is refused") {
  std::string out;
  const std::byte none[8] = {};
  CHECK(format_device_printf("%n", none, out) == -1);
  CHECK(format_device_printf("%", none, out) == -1);
  CHECK(format_device_printf("%99999d", none, out) == -1);
}

}  // namespace
}  // namespace vgpu::exec
