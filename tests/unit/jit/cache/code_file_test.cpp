#include "shim/cpu/jit/code_file.h"

#include <doctest/doctest.h>

namespace vgpu::jit {
namespace {

Digest key_of(std::uint8_t first) {
  Digest key{};
  key[0] = first;
  return key;
}

CodeFile sample() {
  CodeFile file;
  file.measures = {48, 64, 32, 20, 1};
  file.form = 1;
  file.frame_bytes = 4096;
  file.object = "any bytes, a NUL \0 too";
  return file;
}

TEST_CASE("code file: what is written under a key is read under it") {
  const auto read = decode(key_of(1), encode(key_of(1), sample()));
  REQUIRE(read);
  CHECK(read->object == sample().object);
  CHECK(read->form == 1);
  CHECK(read->frame_bytes == 4096);
  CHECK(read->measures.static_shared == 48);
  CHECK(read->measures.dynamic_shared == 64);
  CHECK(read->measures.local_bytes == 32);
  CHECK(read->measures.registers == 20);
  CHECK(read->measures.flushes == 1);
}

TEST_CASE("code file: under another key there is nothing") {
  CHECK_FALSE(decode(key_of(2), encode(key_of(1), sample())));
}

TEST_CASE("code file: one changed bit anywhere, and it is not taken") {
  const std::string good = encode(key_of(1), sample());
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bit);
    CHECK_FALSE(decode(key_of(1), bad));
  }
}

TEST_CASE("code file: cut or longer by any length, it is not taken") {
  const std::string good = encode(key_of(1), sample());
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(decode(key_of(1), std::string_view(good).substr(0, size)));
  CHECK_FALSE(decode(key_of(1), good + '\0'));
}

TEST_CASE("code file: sizes that no kernel can have are not taken, even with a true digest") {
  CodeFile wild = sample();
  wild.form = 99;
  CHECK_FALSE(decode(key_of(1), encode(key_of(1), wild)));
  wild = sample();
  wild.measures.local_bytes = 1u << 31;
  CHECK_FALSE(decode(key_of(1), encode(key_of(1), wild)));
  wild = sample();
  wild.frame_bytes = ~0ull;
  CHECK_FALSE(decode(key_of(1), encode(key_of(1), wild)));
}

}  // namespace
}  // namespace vgpu::jit
