#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vgpu::jit {

/// A cryptographic hash.
using Digest = std::array<std::uint8_t, 32>;

/// Hashes a row of strings; where one ends and the next begins counts.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void add(std::string_view text);
  void add(std::uint64_t number);
  Digest finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// In hexadecimal.
std::string text_of(const Digest& digest);

}  // namespace vgpu::jit
