#include "tracer/perform/dirent.h"

#include <dirent.h>
#include <doctest/doctest.h>

#include <array>
#include <random>
#include <vector>

namespace vgpu::tracer {
namespace {

TEST_CASE("DirentWriter: what it writes is read back, until the room is used up") {
  DirentWriter writer(false, 100);
  CHECK(writer.add({7, DT_CHR, "name"}, 3));
  CHECK(writer.add({8, DT_DIR, "a longer name of an entry"}, 4));
  CHECK_FALSE(writer.add({9, DT_REG, "this one does not fit any more"}, 5));
  const auto entries = parse_dirents(writer.bytes());
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].ino == 7);
  CHECK(entries[0].type == DT_CHR);
  CHECK(entries[0].name == "name");
  CHECK(entries[0].offset == 3);
  CHECK(entries[1].name == "a longer name of an entry");
  CHECK(writer.bytes().size() == DirentWriter::size_of(entries));
  CHECK(writer.bytes().size() % 8 == 0);
}

TEST_CASE("DirentWriter: the old layout has the type in the last byte") {
  DirentWriter writer(true, 100);
  REQUIRE(writer.add({7, DT_LNK, "abc"}, 3));
  const auto bytes = writer.bytes();
  CHECK(static_cast<char>(bytes[18]) == 'a');
  CHECK(static_cast<unsigned char>(bytes.back()) == DT_LNK);
}

TEST_CASE("parse_dirents: garbage ends, and never reads beyond its end") {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes(random() % 80);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 32);
    CHECK(parse_dirents(bytes).size() <= bytes.size() / 19);
  }
}

}  // namespace
}  // namespace vgpu::tracer
