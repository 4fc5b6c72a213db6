#include "tracer/trace/json_text.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <stdexcept>

#include "tracer/trace/utf8.h"

namespace vgpu::tracer {

void append_json_string(std::string& to, std::string_view bytes) {
  to += '"';
  while (!bytes.empty()) {
    const auto byte = static_cast<unsigned char>(bytes[0]);
    const std::size_t length = utf8_length(bytes);
    if (length == 0)
      fmt::format_to(std::back_inserter(to), "\\uef{:02x}", byte);
    else if (byte == '"' || byte == '\\')
      (to += '\\') += bytes[0];
    else if (byte == '\n')
      to += "\\n";
    else if (byte < 0x20 || byte == 0x7f)
      fmt::format_to(std::back_inserter(to), "\\u{:04x}", byte);
    else
      to += bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  to += '"';
}

void JsonText::fail(std::string_view what) const {
  throw std::runtime_error(fmt::format("column {}: {}", at_ + 1, what));
}

char JsonText::next() noexcept {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'))
    ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonText::take(char wanted) noexcept {
  if (next() != wanted || at_ >= text_.size()) return false;
  ++at_;
  return true;
}

bool JsonText::take(std::string_view wanted) noexcept {
  next();
  if (!text_.substr(at_).starts_with(wanted)) return false;
  at_ += wanted.size();
  return true;
}

std::int64_t JsonText::number() {
  next();
  std::int64_t value = 0;
  const char* begin = text_.data() + at_;
  const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc()) fail("a whole number of 64 bits was expected");
  at_ += static_cast<std::size_t>(end - begin);
  if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E'))
    fail("a whole number was expected");
  return value;
}

unsigned JsonText::code_unit() {
  unsigned value = 0;
  const std::string_view digits = text_.substr(at_, 4);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4)
    fail("four hexadecimal digits were expected");
  at_ += 4;
  return value;
}

char32_t JsonText::escaped_character() {
  const char32_t first = code_unit();
  if (!is_surrogate(first)) return first;
  if (first >= 0xdc00 || !text_.substr(at_).starts_with("\\u")) fail("half a character");
  at_ += 2;
  const char32_t second = code_unit();
  if (second < 0xdc00 || second > 0xdfff) fail("half a character");
  return 0x10000 + ((first - 0xd800) << 10U) + (second - 0xdc00);
}

std::string JsonText::string() {
  if (!take('"')) fail("a string was expected");
  std::string bytes;
  for (;;) {
    if (at_ >= text_.size()) fail("a string without an end");
    const char character = text_[at_++];
    if (character == '"') return bytes;
    if (static_cast<unsigned char>(character) < 0x20) fail("a control character in a string");
    if (character != '\\') {
      bytes += character;
      continue;
    }
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char name = at_ < text_.size() ? text_[at_++] : '\0';
    if (const auto index = kNames.find(name); name != '\0' && index != std::string_view::npos) {
      bytes += kMeanings[index];
    } else if (name == 'u') {
      const char32_t code = escaped_character();
      if (is_raw_byte(code))
        bytes += static_cast<char>(static_cast<unsigned char>(code - kRawBytes));
      else
        append_utf8(bytes, code);
    } else {
      fail("an unknown escape");
    }
  }
}

}  // namespace vgpu::tracer
