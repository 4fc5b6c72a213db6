#include "shim/cpu/image/fatbin.h"

#include <doctest/doctest.h>

#include "build_fatbin.h"
#include "shim/cpu/image/image.h"

namespace vgpu::image {
namespace {

using test::Bytes;
using test::fatbin_of;
using test::Piece;
using test::ptx_for;
using test::ptx_piece;
using test::put;

TEST_CASE("fatbin: entries are read in order, with their architecture and kind") {
  Piece specific = ptx_piece(90);
  specific.flags |= 0x100000;
  Piece family = ptx_piece(100);
  family.flags |= 0x200000;
  Piece unknown = ptx_piece(1);
  unknown.kind = 77;
  Piece lto = ptx_piece(80);
  lto.kind = 8;
  const Bytes bytes = fatbin_of({test::sass_piece(86), unknown, specific, family, lto});
  const std::vector<Entry> entries = read_fatbin(bytes);
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].kind == Entry::Kind::elf);
  CHECK(entries[0].arch == 86);
  CHECK(entries[1].suffix == 'a');
  CHECK(entries[2].suffix == 'f');
  CHECK(entries[3].kind == Entry::Kind::lto);
  CHECK(list_of(entries) == "PTX for sm_90a, sm_100f and SASS for sm_86 and LTO-IR for sm_80");
}

TEST_CASE("fatbin: a text comes out the same whichever way it was packed") {
  for (const Piece::Packing packing :
       {Piece::Packing::none, Piece::Packing::lz4, Piece::Packing::zstd}) {
    for (const std::uint32_t header : {64U, 72U, 136U}) {
      Piece piece = ptx_piece(75, packing);
      piece.header_size = header;
      const Bytes bytes = fatbin_of({piece});
      const std::vector<Entry> entries = read_fatbin(bytes);
      REQUIRE(entries.size() == 1);
      CHECK(text_of(entries[0]) == ptx_for(75));
    }
  }
}

TEST_CASE("fatbin: the NULs behind a text are no part of it") {
  Piece piece = ptx_piece(75);
  piece.text += std::string(5, '\0');
  const Bytes bytes = fatbin_of({piece});
  CHECK(text_of(read_fatbin(bytes)[0]) == ptx_for(75));
}

TEST_CASE("fatbin: an empty one has no entries") { CHECK(read_fatbin(fatbin_of({})).empty()); }

TEST_CASE("fatbin: what follows it is not read") {
  Bytes bytes = fatbin_of({ptx_piece(75)});
  bytes.resize(bytes.size() + 1000, std::byte{0xff});
  CHECK(read_fatbin(bytes).size() == 1);
}

TEST_CASE("fatbin: cut off anywhere it is corrupt") {
  const Bytes bytes = fatbin_of({ptx_piece(75), ptx_piece(80, Piece::Packing::zstd)});
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    CHECK_THROWS_AS(read_fatbin(std::span(bytes).first(n)), Error);
  }
}

TEST_CASE("fatbin: sizes that do not hold are corrupt") {
  const Bytes good = fatbin_of({ptx_piece(75, Piece::Packing::lz4)});
  const auto with = [&](std::size_t at, auto value) {
    Bytes bytes = good;
    put(bytes, at, value);
    return bytes;
  };
  const std::size_t entry = 16;
  for (const Bytes& bytes :
       {with(8, ~std::uint64_t{0}), with(8, std::uint64_t{1} << 41), with(8, std::uint64_t{20}),
        with(entry + 4, 0U), with(entry + 4, 63U), with(entry + 4, ~0U),
        with(entry + 8, ~std::uint64_t{0}), with(entry + 8, std::uint64_t{1} << 63),
        with(entry + 16, ~0U), with(4, std::uint16_t{2}), with(6, std::uint16_t{17})})
    CHECK_THROWS_AS(read_fatbin(bytes), Error);
}

TEST_CASE("fatbin: an entry that overlaps the next one leaves garbage, which is refused") {
  Bytes bytes = fatbin_of({ptx_piece(75), ptx_piece(80)});
  put(bytes, 16 + 8, std::uint64_t{8});
  CHECK_THROWS_AS(read_fatbin(bytes), Error);
}

TEST_CASE("fatbin: damaged or lying packed texts are corrupt") {
  for (const Piece::Packing packing : {Piece::Packing::lz4, Piece::Packing::zstd}) {
    const Bytes good = fatbin_of({ptx_piece(75, packing)});
    const auto text_with = [&](std::uint64_t unpacked, std::size_t flip) {
      Bytes bytes = good;
      put(bytes, 16 + 56, unpacked);
      if (flip != 0) bytes[flip] ^= std::byte{0xff};
      return text_of(read_fatbin(bytes).at(0));
    };
    const std::uint64_t size = ptx_for(75).size();
    CHECK(text_with(size, 0) == ptx_for(75));
    CHECK_THROWS_AS(text_with(size - 1, 0), Error);
    CHECK_THROWS_AS(text_with(~std::uint64_t{0}, 0), Error);
    CHECK_THROWS_AS(text_with(std::uint64_t{1} << 31, 16 + 64), Error);
    CHECK_THROWS_AS(text_with(size, 16 + 64), Error);
  }
  Bytes lz4 = fatbin_of({ptx_piece(75, Piece::Packing::lz4)});
  put(lz4, 16 + 56, std::uint64_t{1} << 30);
  CHECK_THROWS_WITH(text_of(read_fatbin(lz4).at(0)), "lz4 block of an impossible size");
}

TEST_CASE("fatbin: a zstd frame that is cut off is corrupt") {
  Bytes bytes = fatbin_of({ptx_piece(75, Piece::Packing::zstd)});
  std::uint32_t packed = 0;
  std::memcpy(&packed, bytes.data() + 32, sizeof packed);
  put(bytes, 32, packed - 4);
  CHECK_THROWS_WITH(text_of(read_fatbin(bytes).at(0)), "zstd frame is cut off");
}

TEST_CASE("fatbin: the architecture of a cubin, in the new header and in the old") {
  Bytes elf(64);
  put(elf, 0,
      "\x7f"
      "ELF",
      4);
  put(elf, 18, std::uint16_t{190});
  put(elf, 7, std::uint8_t{0x41});
  put(elf, 48, 0x06007802U);
  CHECK(find_elf_arch(elf) == "sm_120");
  put(elf, 7, std::uint8_t{0x33});
  put(elf, 48, 0x00560556U);
  CHECK(find_elf_arch(elf) == "sm_86");
  put(elf, 18, std::uint16_t{62});
  CHECK_FALSE(find_elf_arch(elf));
  CHECK_FALSE(find_elf_arch(std::span(elf).first(63)));
}

}  // namespace
}  // namespace vgpu::image
