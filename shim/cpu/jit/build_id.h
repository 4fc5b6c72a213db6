#pragma once

#include <cstddef>
#include <span>

namespace vgpu::jit {

/// What the linker derived from all the code of this library (or program); empty without such a
/// note.
std::span<const std::byte> build_id() noexcept;

}  // namespace vgpu::jit
