#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace vgpu::frontend {

using Digest = std::array<std::uint8_t, 16>;

/// The MD2 message digest. Source: RFC 1319.
Digest md2(std::span<const std::uint8_t> message);

/// HMAC over MD2, with its 16-byte block, for a key of one block. Source: RFC 2104.
Digest hmac_md2(const Digest& key, std::span<const std::uint8_t> message);

}  // namespace vgpu::frontend
