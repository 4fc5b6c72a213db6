#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace vgpu::ptx {

/// How far a form agreed with an instruction; the form that got furthest explains the error.
struct Mismatch {
  std::size_t at = 0;  // index of the word or operand that failed
  std::string why;
};

inline void keep_furthest(std::optional<Mismatch>& furthest, Mismatch mismatch) {
  if (!furthest || mismatch.at > furthest->at) furthest = std::move(mismatch);
}

}  // namespace vgpu::ptx
