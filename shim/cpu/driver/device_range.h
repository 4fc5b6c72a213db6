#pragma once

#include <cstdint>

namespace vgpu::cpu {

/// Addresses outside the arenas that kernels may be given access to: what cuMemAddressReserve and
/// graphs reserve. Every change of what a kernel can reach there goes through these functions.
/// Units: bytes; ranges are whole pages.
enum class Reach : std::uint8_t { none, read, write };

/// Addresses that nothing else uses and nobody can access, at a multiple of `align`, a power of
/// two, and at `wanted` if that is free. 0 when there are none.
std::uint64_t reserve_range(std::uint64_t size, std::uint64_t align, std::uint64_t wanted);
void release_range(std::uint64_t at, std::uint64_t size);

/// Shared memory that may appear at several addresses. 0 when there is none. It can be reached only
/// through map_range(). Gone with release_shared_memory().
std::uint64_t make_shared_memory(std::uint64_t size);
void release_shared_memory(std::uint64_t at, std::uint64_t size);

/// Makes `size` bytes of shared memory appear at a reserved address, without access.
bool map_range(std::uint64_t at, std::uint64_t shared, std::uint64_t size);
/// Gives the memory behind a reserved range back; the addresses stay reserved.
void unmap_range(std::uint64_t at, std::uint64_t size);

/// Says what kernels and copies may do in a range. Memory that was never mapped there is fresh
/// zeros.
bool set_reach(std::uint64_t at, std::uint64_t size, Reach reach);

}  // namespace vgpu::cpu
