#pragma once

#include <cstdint>

namespace vgpu::exec {

/// Addresses of devices are numbers, and the process's own.
inline void* pointer(std::uint64_t address) noexcept {
  return reinterpret_cast<void*>(address);  // NOLINT: an address is a number here
}

inline std::uint64_t number(const void* at) noexcept { return reinterpret_cast<std::uint64_t>(at); }

/// The next multiple of `unit`; the caller sees to it that there is one.
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
  return (value + unit - 1) / unit * unit;
}

}  // namespace vgpu::exec
