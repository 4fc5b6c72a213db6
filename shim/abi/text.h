#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// Reading and writing single values of configuration text.
namespace vgpu::text {

/// Errors: throws std::runtime_error(what).
[[noreturn]] void fail(const std::string& what);

/// Returns `text` without blanks, tabs and carriage returns at its ends.
std::string_view trim(std::string_view text);

/// Returns the lowest `digits` hexadecimal digits of `value`, lower case.
std::string hex(std::uint64_t value, int digits);

/// Returns the value of one lower-case hexadecimal digit.
std::optional<std::uint8_t> hex_value(char c);

/// Returns `text` in quotes as one line of printable ASCII, whatever is in it.
std::string quote(std::string_view text);

/// Undoes quote(); text that does not begin with a quote is returned as it is.
/// Errors: std::runtime_error.
std::string unquote(std::string_view text);

/// Reads a whole number, decimal or 0x hexadecimal; nothing may stand around it.
/// Errors: std::runtime_error.
template <std::integral T>
T parse_number(std::string_view text) {
  int base = 10;
  std::string_view digits = text;
  if (digits.starts_with("0x")) {
    base = 16;
    digits.remove_prefix(2);
  }
  T value{};
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error == std::errc::result_out_of_range)
    fail("number out of range: " + quote(text.substr(0, 40)));
  if (error != std::errc{} || stop != end || (base == 16 && digits.front() == '-'))
    fail("not a number: " + quote(text.substr(0, 40)));
  return value;
}

}  // namespace vgpu::text
