#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vgpu::image {

/// Unpacks a zstd frame. Errors: Error, corrupt, also when more than `limit` bytes come out.
std::string unpack_zstd(std::span<const std::byte> data, std::size_t limit);

/// Unpacks one raw LZ4 block of exactly `size` bytes of output. Errors: Error, corrupt.
std::string unpack_lz4(std::span<const std::byte> data, std::size_t size);

}  // namespace vgpu::image
