#pragma once

#include <cstdint>

#include "shim/cpu/exec/context.h"

// What generated code calls. Arrays have an element for each lane of the warp; `lanes` says which
// of them count.
extern "C" {

/// Called where an access of `bytes` does not look as most do: returns if each of `lanes` may make
/// it at its address, else ends the kernel.
void vgpu_check(vgpu::exec::BlockState* state, std::uint32_t lanes, const std::uint64_t* addresses,
                std::uint32_t bytes);
/// The same, but it changes no register, so that the code that calls it keeps its values in them.
void vgpu_check_entry(vgpu::exec::BlockState* state, std::uint32_t lanes,
                      const std::uint64_t* addresses, std::uint32_t bytes);
[[noreturn]] void vgpu_trap(vgpu::exec::BlockState* state);
[[noreturn]] void vgpu_bad_call(vgpu::exec::BlockState* state, std::uint64_t target);
std::uint32_t vgpu_barrier(vgpu::exec::BlockState* state, std::uint32_t warp,
                           std::uint64_t arrival);
/// A warp on a stack of its own is in a loop that may wait for another: lets the others run.
void vgpu_yield(vgpu::exec::BlockState* state, std::uint32_t warp);
void vgpu_arrive(vgpu::exec::BlockState* state, std::uint32_t warp, std::uint64_t arrival);
std::uint32_t vgpu_smid(vgpu::exec::BlockState* state);
std::uint32_t vgpu_nsmid(vgpu::exec::BlockState* state);
std::uint64_t vgpu_clock();
std::uint64_t vgpu_globaltimer();
void vgpu_vprintf(vgpu::exec::BlockState* state, std::uint32_t warp, std::uint32_t lanes,
                  const std::uint64_t* formats, const std::uint64_t* arguments,
                  std::uint64_t* results);
void vgpu_assert_fail(vgpu::exec::BlockState* state, std::uint32_t warp, std::uint32_t lanes,
                      const std::uint64_t* messages, const std::uint64_t* files,
                      const std::uint64_t* lines, const std::uint64_t* functions,
                      const std::uint64_t* char_sizes, std::uint64_t* results);
void vgpu_malloc(vgpu::exec::BlockState* state, std::uint32_t warp, std::uint32_t lanes,
                 const std::uint64_t* sizes, std::uint64_t* results);
void vgpu_free(vgpu::exec::BlockState* state, std::uint32_t warp, std::uint32_t lanes,
               const std::uint64_t* pointers, std::uint64_t* results);
}
