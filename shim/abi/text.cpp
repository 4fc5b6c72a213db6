#include "shim/abi/text.h"

namespace vgpu::text {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

void fail(const std::string& what) { throw std::runtime_error(what); }

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string hex(std::uint64_t value, int digits) {
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4U)
    *digit = kHexDigits[value & 0xfU];
  return text;
}

/// Makes a value one line of printable ASCII whatever is in it.
std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      quoted += "\\x" + hex(byte, 2);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::optional<std::uint8_t> hex_value(char c) {
  const std::size_t digit = kHexDigits.find(c);
  if (digit == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(digit);
}

std::string unquote(std::string_view text) {
  if (!text.starts_with('"')) {
    if (text.find_first_of("\"\\") != std::string_view::npos) fail("a quote inside bare text");
    return std::string(text);
  }
  std::string plain;
  std::size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\') {
      plain += text[at];
    } else if (text.substr(at).starts_with("\\\\") || text.substr(at).starts_with("\\\"")) {
      plain += text[++at];
    } else {
      const bool is_hex = at + 3 < text.size() && text[at + 1] == 'x';
      const auto high = is_hex ? hex_value(text[at + 2]) : std::nullopt;
      const auto low = is_hex ? hex_value(text[at + 3]) : std::nullopt;
      if (!high || !low) fail("bad escape in quoted text");
      plain += static_cast<char>(*high << 4 | *low);
      at += 3;
    }
  }
  if (at + 1 != text.size()) fail("quoted text does not end with its quote");
  return plain;
}

}  // namespace vgpu::text
