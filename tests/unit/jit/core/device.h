#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shim/cpu/jit/program.h"
#include "tests/unit/jit/device_memory.h"

namespace vgpu::jit::test {

/// Packs kernel parameters as a caller does: each aligned to its size.
class Params {
 public:
  template <class T>
  Params& add(T value) {
    const std::size_t at = (bytes_.size() + sizeof(T) - 1) / sizeof(T) * sizeof(T);
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    return *this;
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// A program made of PTX bodies, ready to launch.
class Device {
 public:
  /// `text` is PTX without its header.
  explicit Device(std::string_view text);

  LaunchStatus run(std::string_view kernel, Dim3 grid, Dim3 block, const Params& params,
                   std::uint32_t dynamic_shared = 0, bool cooperative = false);
  Program& program() { return *program_; }

 private:
  std::vector<Memory<std::byte>> variables_;
  std::unique_ptr<Program> program_;
};

/// The PTX of a kernel `k(out, n)`: `body` computes %r0 from %i, the linear index of the thread in
/// the grid, for every %i < n, and may use the registers %a0 to %a9 (.b32) and %p0 to %p9.
std::string kernel_of_index(std::string_view body, std::string_view declarations = "");

/// The shapes of blocks that reach every way of laying out lanes.
inline constexpr Dim3 kShapes[] = {{256, 1, 1}, {100, 1, 1}, {16, 16, 1}, {8, 16, 1}, {32, 4, 1},
                                   {64, 2, 2},  {5, 3, 7},   {4, 8, 8},   {1, 1, 1},  {31, 1, 1},
                                   {16, 3, 1},  {8, 3, 3},   {1, 100, 1}, {2, 2, 33}};

}  // namespace vgpu::jit::test
