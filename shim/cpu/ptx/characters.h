#pragma once

#include <array>
#include <cstdint>

namespace vgpu::ptx {

/// What a byte may be part of. kBrace: what matters when only braces are counted.
enum : std::uint8_t { kName = 1, kDigit = 2, kBlank = 4, kBrace = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = kName;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] = kName;
  for (const char c : {'_', '$', '%'}) classes[static_cast<unsigned char>(c)] = kName;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (const char c : {' ', '\t', '\r', '\v', '\f', '\n', '\0'})
    classes[static_cast<unsigned char>(c)] = kBlank;
  for (const char c : {'{', '}', '"', '/', '\n'}) classes[static_cast<unsigned char>(c)] |= kBrace;
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

inline bool has_class(char c, unsigned classes) noexcept {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

}  // namespace vgpu::ptx
