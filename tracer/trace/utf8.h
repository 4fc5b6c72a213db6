#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vgpu::tracer {

// Bytes that are no UTF-8 stand in a text as characters of the private use area, U+EF00 + byte, so
// that every reader gets valid text and every byte comes back.
inline constexpr char32_t kRawBytes = 0xef00;
constexpr bool is_raw_byte(char32_t code) noexcept {
  return code >= kRawBytes + 0x80 && code <= kRawBytes + 0xff;
}
constexpr bool is_surrogate(char32_t code) noexcept { return code >= 0xd800 && code <= 0xdfff; }

/// Length of the UTF-8 character that `bytes` begin with; 0 if they begin with none, or with one
/// that stands for a byte. `bytes` are not empty.
std::size_t utf8_length(std::string_view bytes) noexcept;

void append_utf8(std::string& to, char32_t code);

/// `bytes` with each that is no UTF-8 as the character that stands for it.
std::string valid_utf8(std::string_view bytes);

}  // namespace vgpu::tracer
