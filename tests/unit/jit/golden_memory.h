#pragma once

#include <cstring>
#include <string>

#include "tests/unit/jit/golden_form.h"

namespace vgpu::golden {

/// The state space that the words of an access name; generic ones are tried on global memory.
inline std::string space_of(const std::string& head) {
  for (const char* space : {"shared", "local"})
    if (head.find(space) != std::string::npos) return space;
  return "global";
}

/// Opens a scope and declares %a in it, the address of 32 bytes of this lane in `space`.
inline std::string place(const std::string& space) {
  const std::string policy =
      " .reg .b64 %policy; createpolicy.fractional.L2::evict_first.b64 %policy, 0.25;";
  const std::string lane = "{ .reg .b32 %t; .reg .b64 %a, %b; mov.u32 %t, %laneid;";
  if (space == "local") return lane + policy + " .local .align 32 .b8 own[32]; mov.u64 %a, own;";
  const std::string base = space == "shared" ? "own" : "golden_memory";
  return lane + policy + (space == "shared" ? " .shared .align 32 .b8 own[1024];" : "") +
         " mul.wide.u32 %a, %t, 32; mov.u64 %b, " + base + "; add.u64 %a, %a, %b;";
}

/// `bytes` bytes from the byte `at` of `values`, which lie side by side.
inline std::uint64_t bytes_of(const Values& values, unsigned at, unsigned bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, reinterpret_cast<const std::byte*>(values.data()) + at, bytes);
  return value;
}

}  // namespace vgpu::golden
