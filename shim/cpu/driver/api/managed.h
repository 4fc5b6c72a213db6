#pragma once

#include <cstddef>
#include <memory>

#include "shim/cpu/driver/address_map.h"

namespace vgpu::cpu::api {

/// The managed memory that the range lies in. Errors: INVALID_VALUE where it is none.
std::shared_ptr<Allocation> managed_at(CUdeviceptr at, std::size_t size);

/// Errors: INVALID_VALUE, INVALID_DEVICE.
void require_location(const CUmemLocation& where);

/// The location itself: of "the thread's own node" that node.
CUmemLocation resolved(const CUmemLocation& where);

/// Remembers that the range was to be brought to `where`.
void note_prefetch(Allocation& managed, CUdeviceptr at, std::size_t size,
                   const CUmemLocation& where);

}  // namespace vgpu::cpu::api
