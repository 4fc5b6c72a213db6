#include "shim/cpu/jit/digest.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/BLAKE3.h>

#include <cstring>

namespace vgpu::jit {

struct Hasher::State {
  llvm::BLAKE3 hash;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;

void Hasher::add(std::uint64_t number) {
  std::array<std::uint8_t, sizeof number> bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  state_->hash.update(bytes);
}

void Hasher::add(std::string_view text) {
  add(std::uint64_t{text.size()});
  state_->hash.update(llvm::StringRef(text.data(), text.size()));
}

Digest Hasher::finish() const {
  Digest result{};
  const auto found = state_->hash.result<32>();
  std::memcpy(result.data(), found.data(), result.size());
  return result;
}

std::string text_of(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace vgpu::jit
