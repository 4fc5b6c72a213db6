#include "tracer/trace/utf8.h"

namespace vgpu::tracer {

std::size_t utf8_length(std::string_view bytes) noexcept {
  constexpr char32_t kLastCharacter = 0x10ffff;
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (length == 1) return 1;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < length) return 0;
  char32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(bytes[i]);
    if ((next & 0xc0U) != 0x80) return 0;
    code = code << 6U | (next & 0x3fU);
  }
  constexpr char32_t kShortest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kShortest[length] || code > kLastCharacter || is_surrogate(code)) return 0;
  return is_raw_byte(code) ? 0 : length;
}

void append_utf8(std::string& to, char32_t code) {
  const auto add = [&to](char32_t byte) {
    to += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xc0U | code >> 6U);
  } else if (code < 0x10000) {
    add(0xe0U | code >> 12U);
    add(0x80U | (code >> 6U & 0x3fU));
  } else {
    add(0xf0U | code >> 18U);
    add(0x80U | (code >> 12U & 0x3fU));
    add(0x80U | (code >> 6U & 0x3fU));
  }
  add(0x80U | (code & 0x3fU));
}

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0)
      append_utf8(text, kRawBytes + static_cast<unsigned char>(bytes[0]));
    else
      text += bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace vgpu::tracer
