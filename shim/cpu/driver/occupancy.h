#pragma once

#include <cstddef>
#include <cstdint>

#include "shim/cpu/driver/module.h"

namespace vgpu::cpu {

struct Device;

/// How many blocks of this size one multiprocessor holds: the least that threads, registers,
/// shared memory and block slots allow. Source: CUDA C++ Programming Guide, "Occupancy Calculator".
int blocks_per_multiprocessor(const Device& device, const Function& function, int block_size,
                              std::size_t dynamic_shared);

/// How many blocks the whole device holds at once.
std::uint64_t resident_blocks(const Function& function, jit::Dim3 block,
                              std::size_t dynamic_shared);

}  // namespace vgpu::cpu
