#include "shim/trace/text.h"

#include <algorithm>
#include <cstring>

namespace vgpu::trace {
namespace {

constexpr std::string_view kMore = "...";

}  // namespace

Text& Text::add(std::string_view text) noexcept {
  if (full_) return *this;
  const std::size_t left = kRoom - kMore.size() - size_;
  full_ = text.size() > left;
  const std::size_t taken = std::min(text.size(), left);
  std::memcpy(room_.data() + size_, text.data(), taken);
  size_ += taken;
  if (!full_) return *this;
  std::memcpy(room_.data() + size_, kMore.data(), kMore.size());
  size_ += kMore.size();
  return *this;
}

Text& Text::real(double value) noexcept {
  std::array<char, 40> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                          std::chars_format::general, 7);
  if (error != std::errc()) return add("?");
  return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

Text& Text::address(std::uint64_t value) noexcept {
  if (value == 0) return add("NULL");
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return add("0x").add({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

Text& Text::quoted(std::string_view text, std::size_t most) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  add('"');
  for (const char c : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      add('\\').add(c);
    else if (c == '\n')
      add("\\n");
    else if (byte < ' ' || byte == 0x7f)
      add("\\x").add(kHex[byte >> 4]).add(kHex[byte & 15]);
    else
      add(c);
  }
  add('"');
  return text.size() > most ? add(kMore) : *this;
}

}  // namespace vgpu::trace
