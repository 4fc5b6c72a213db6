#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vgpu::launcher {

/// Reads an amount of memory: bytes, or a number (maybe with decimals) and one of B, KiB, MiB, GiB,
/// TiB, KB, MB, GB, TB. Errors: std::runtime_error.
std::uint64_t parse_size(std::string_view text);

/// Returns the amount in the largest binary unit that it has a whole number of.
std::string print_size(std::uint64_t bytes);

}  // namespace vgpu::launcher
