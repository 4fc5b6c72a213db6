#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace vgpu::trace {

/// An enumerator's name as the compiler knows it, kept as it is alone: the compiler's own text has
/// much around it. Empty for a number that is none.
template <class Enum, auto number>
struct EnumName {
  template <Enum value>
  static consteval std::string_view find() {
    // "... [with Enum value = vgpu::NAME; ...]", or "(vgpu::Enum)7" in place of the name
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("value = ") + 8);
    text = text.substr(0, text.find_first_of(";]"));
    if (text.find('(') != text.npos) return {};
    return text.substr(text.rfind(':') + 1);
  }
  static constexpr std::size_t kSize = find<static_cast<Enum>(number)>().size();
  static constexpr std::array<char, kSize + 1> kText = [] {
    std::array<char, kSize + 1> kept{};
    std::size_t at = 0;
    for (const char c : find<static_cast<Enum>(number)>()) kept[at++] = c;
    return kept;
  }();
};

/// The name of a value between 0 and 63, which all enumerations that we print fit in.
template <class Enum>
std::string_view name_of_enum(Enum value) noexcept {
  constexpr std::size_t kNames = 64;
  static constexpr auto kAll = []<std::size_t... number>(std::index_sequence<number...>) {
    return std::array<std::string_view, kNames>{
        std::string_view(EnumName<Enum, number>::kText.data(), EnumName<Enum, number>::kSize)...};
  }
  (std::make_index_sequence<kNames>());
  const auto number = static_cast<std::size_t>(static_cast<std::underlying_type_t<Enum>>(value));
  return number < kNames ? kAll[number] : std::string_view();
}

}  // namespace vgpu::trace
