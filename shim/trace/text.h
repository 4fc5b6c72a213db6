#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vgpu::trace {

/// Text in a place of its own: it allocates nothing, and what does not fit is left out and marked.
class Text {
 public:
  static constexpr std::size_t kRoom = 1000;

  Text& add(std::string_view text) noexcept;
  Text& add(char c) noexcept { return add(std::string_view(&c, 1)); }
  template <std::integral T>
  Text& number(T value) noexcept {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  Text& real(double value) noexcept;
  /// 0x..., or NULL.
  Text& address(std::uint64_t value) noexcept;
  /// In quotes, on one line, at most so many characters of it.
  Text& quoted(std::string_view text, std::size_t most = 200) noexcept;

  std::string_view get() const noexcept { return {room_.data(), size_}; }

 private:
  std::array<char, kRoom> room_;  // not cleared: it is written before it is read
  std::size_t size_ = 0;
  bool full_ = false;
};

}  // namespace vgpu::trace
