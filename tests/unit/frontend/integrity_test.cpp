#include "shim/frontend/integrity.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "shim/frontend/md2.h"

using namespace vgpu::frontend;

namespace {

template <class Bytes>
std::string hex(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("MD2: the vectors of RFC 1319, appendix A.5") {
  const auto digest = [](const std::string& text) { return hex(md2(bytes_of(text))); };
  CHECK(digest("") == "8350e5a3e24c153df2275c9f80692773");
  CHECK(digest("a") == "32ec01ec4a6dac72c0ab96fb34c0b5d1");
  CHECK(digest("abc") == "da853b0d3f88d99b30283a69e6ded6bb");
  CHECK(digest("message digest") == "ab4f496bfb2a530b219ff33031fe06b0");
  CHECK(digest("abcdefghijklmnopqrstuvwxyz") == "4e8ddff3650292ab5a4108c3aa47940b");
  CHECK(digest("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
        "da33def2a42df13975352846c30338cd");
  CHECK(digest("123456789012345678901234567890123456789012345678901234567890123456789012345678901"
               "23456789012345678901234567890")
            .size() == 32);
  CHECK(digest("1234567890123456789012345678901234567890123456789012345678901234567890123456789"
               "0") == "d5976f79d83d3a0dc9806c3c66f3efd8");
}

TEST_CASE("integrity: the answer that a runtime computes from the same facts") {
  IntegrityQuestion question{
      .driver_version = 13000,
      .version = 13002,
      .process = 0x1234,
      .thread = 0xabcd1000,
      .cudart_table = 0x7f0000001000,
      .integrity_table = 0x7f0000002000,
      .integrity_function = 0x7f0000003000,
      .seconds = 1700000000,
      .devices = {{.uuid = {}, .pci_domain = 0, .pci_bus = 1, .pci_device = 0}}};
  for (std::uint8_t i = 0; i < 16; ++i)
    question.devices[0].uuid[i] = static_cast<std::uint8_t>(0x10 + i);
  const auto answer = integrity_answer(question);
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), answer.data(), sizeof bytes);
  CHECK(hex(bytes) == "893825d07338ac3bcc8930b380296ac4");

  question.devices[0].pci_bus = 2;
  CHECK(integrity_answer(question) != answer);
}

TEST_CASE("integrity: two of three versions have answers of their own, whatever the facts") {
  const auto answer = [](std::uint32_t version) {
    IntegrityQuestion question;
    question.version = version;
    return integrity_answer(question)[0];
  };
  CHECK(answer(13000) == 0x3341181C03CB675C);
  CHECK(answer(12080) == 0x3341181C03CB675C);
  CHECK(answer(13001) == 0x1841181C03CB675C);
}
