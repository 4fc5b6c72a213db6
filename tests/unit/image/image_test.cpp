#include "shim/cpu/image/image.h"

#include <doctest/doctest.h>

#include <array>

#include "build_fatbin.h"
#include "shim/cpu/image/fatbin.h"

namespace vgpu::image {
namespace {

using test::Bytes;
using test::fatbin_of;
using test::Piece;
using test::ptx_for;
using test::ptx_piece;
using test::put;

struct Wrapper {
  std::uint32_t magic = kWrapperMagic;
  std::uint32_t version = 1;
  const void* data = nullptr;
  const void* more = nullptr;
};

/// Why `load` refused, and with which words.
template <typename Load>
std::pair<Reason, std::string> refusal(Load load) {
  try {
    load();
  } catch (const Error& error) {
    return {error.reason, error.what()};
  }
  FAIL("it was not refused");
  return {};
}

TEST_CASE("image: PTX text is itself") {
  const std::string text = "\n// c\n" + ptx_for(75);
  const Image image = load_image(text.c_str(), 75);
  REQUIRE(image.ptx.size() == 1);
  CHECK(image.ptx[0] == text);
  CHECK(image.plain);
  const std::string padded = text + '\0' + "rest";
  CHECK(load_image(std::as_bytes(std::span(padded)), 75).ptx[0] == text);
}

TEST_CASE("image: a bare fatbin gives the PTX for the device") {
  const Bytes bytes = fatbin_of({ptx_piece(61), ptx_piece(80, Piece::Packing::zstd)});
  CHECK(load_image(bytes.data(), 75).ptx.at(0) == ptx_for(61));
  CHECK(load_image(bytes.data(), 86).ptx.at(0) == ptx_for(80));
  CHECK(load_image(std::span(bytes), 86).ptx.at(0) == ptx_for(80));
  CHECK_FALSE(load_image(bytes.data(), 86).plain);
}

TEST_CASE("image: a wrapper of version 1 points to a fatbin") {
  const Bytes bytes = fatbin_of({ptx_piece(75, Piece::Packing::lz4)});
  Wrapper wrapper;
  wrapper.data = bytes.data();
  CHECK(load_image(&wrapper, 75).ptx.at(0) == ptx_for(75));
}

TEST_CASE("image: a wrapper of version 2 gives every relocatable piece") {
  const Bytes newer = fatbin_of({test::sass_piece(90), ptx_piece(90)});
  CHECK(refusal([&] { load_image(newer.data(), 86); }) ==
        std::pair{Reason::no_binary,
                  std::string("only PTX for sm_90 and SASS for sm_90; the device is sm_86")});
  const Bytes empty = fatbin_of({});
  const Bytes first = fatbin_of({ptx_piece(61), ptx_piece(75)});
  const Bytes second = fatbin_of({ptx_piece(70)});
  const std::array<const void*, 3> pieces{first.data(), second.data(), nullptr};
  const Wrapper wrapper{kWrapperMagic, 2, empty.data(), pieces.data()};
  const Image image = load_image(&wrapper, 75);
  REQUIRE(image.ptx.size() == 2);
  CHECK(image.ptx[0] == ptx_for(75));
  CHECK(image.ptx[1] == ptx_for(70));
}

TEST_CASE("image: a wrapper of version 2 without pieces is its fatbin") {
  const Bytes bytes = fatbin_of({ptx_piece(75)});
  Wrapper wrapper{kWrapperMagic, 2, bytes.data(), nullptr};
  CHECK(load_image(&wrapper, 75).ptx.at(0) == ptx_for(75));
  const std::array<const void*, 1> none{nullptr};
  wrapper.more = none.data();
  CHECK(load_image(&wrapper, 75).ptx.at(0) == ptx_for(75));
}

TEST_CASE("image: code that we cannot run is named") {
  const Bytes sass = fatbin_of({test::sass_piece(86), test::sass_piece(89)});
  CHECK(refusal([&] { load_image(sass.data(), 86); }) ==
        std::pair{Reason::no_binary, std::string("only SASS for sm_86, sm_89; no PTX")});
  const Bytes empty = fatbin_of({});
  CHECK(refusal([&] { load_image(empty.data(), 86); }) ==
        std::pair{Reason::no_binary, std::string("the fatbin is empty")});
  Bytes elf(64);
  put(elf, 0,
      "\x7f"
      "ELF",
      4);
  put(elf, 18, std::uint16_t{190});
  put(elf, 7, std::uint8_t{0x41});
  put(elf, 48, 0x06005902U);
  CHECK(refusal([&] { load_image(elf.data(), 86); }) ==
        std::pair{Reason::no_binary, std::string("only SASS for sm_89; no PTX")});
}

TEST_CASE("image: what is no image is no image") {
  const auto reason = [](const void* data) { return refusal([&] { load_image(data, 75); }).first; };
  CHECK(reason(nullptr) == Reason::not_an_image);
  CHECK(reason("") == Reason::not_an_image);
  CHECK(reason("x") == Reason::not_an_image);
  CHECK(reason("hello, world") == Reason::not_an_image);
  const Wrapper no_data{};
  CHECK(reason(&no_data) == Reason::not_an_image);
  Wrapper version_3;
  version_3.version = 3;
  CHECK(reason(&version_3) == Reason::not_an_image);
  Bytes host_elf(64);
  put(host_elf, 0,
      "\x7f"
      "ELF",
      4);
  CHECK(reason(host_elf.data()) == Reason::not_an_image);
  CHECK(refusal([] { load_image(std::span<const std::byte>(), 75); }).first ==
        Reason::not_an_image);
}

TEST_CASE("image: a damaged fatbin is corrupt, not absent") {
  Bytes bytes = fatbin_of({ptx_piece(75)});
  put(bytes, 16 + 4, 7U);
  CHECK(refusal([&] { load_image(bytes.data(), 75); }).first == Reason::corrupt);
}

}  // namespace
}  // namespace vgpu::image
