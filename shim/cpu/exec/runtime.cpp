#include "shim/cpu/exec/runtime.h"

#include <unistd.h>
#include <x86intrin.h>

#include <bit>
#include <chrono>
#include <string>

#include "shim/cpu/exec/address.h"
#include "shim/cpu/exec/address_space.h"
#include "shim/cpu/exec/block_runner.h"
#include "shim/cpu/exec/device_heap.h"
#include "shim/cpu/exec/device_output.h"
#include "shim/cpu/exec/device_printf.h"
#include "shim/cpu/exec/fault_guard.h"
#include "shim/cpu/exec/grid_run.h"

using vgpu::exec::BlockState;
using vgpu::exec::Grid;
using vgpu::exec::Stop;

namespace {

constexpr std::uint32_t kWarp = 32;

/// Calls f(lane) for each of `lanes`.
template <class F>
void each_lane(std::uint32_t lanes, F&& f) {
  for (; lanes != 0; lanes &= lanes - 1) f(static_cast<std::uint32_t>(std::countr_zero(lanes)));
}

const char* text(std::uint64_t address) { return reinterpret_cast<const char*>(address); }

[[noreturn]] void stop(BlockState* state, Stop why, std::uint64_t address = 0) {
  state->grid->run->stop(why, address);
  vgpu::exec::leave_guarded({});
}

/// Parameters whose generic address the kernel took are memory of the launch.
bool in_params(const Grid& grid, std::uint64_t at, std::uint32_t bytes) {
  const std::uint64_t from = at - reinterpret_cast<std::uint64_t>(grid.params);
  return from < grid.param_bytes && bytes <= grid.param_bytes - from;
}

}  // namespace

extern "C" {

void vgpu_check(BlockState* state, std::uint32_t lanes, const std::uint64_t* addresses,
                std::uint32_t bytes) {
  each_lane(lanes, [&](std::uint32_t lane) {
    const std::uint64_t at = addresses[lane];
    if (at % bytes != 0) stop(state, Stop::misaligned, at);
    if (!in_params(*state->grid, at, bytes) && !vgpu::exec::address_space().allows(at, bytes))
      stop(state, Stop::fault, at);
  });
}

void vgpu_trap(BlockState* state) { stop(state, Stop::trap); }

void vgpu_bad_call(BlockState* state, std::uint64_t target) { stop(state, Stop::fault, target); }

std::uint32_t vgpu_barrier(BlockState* state, std::uint32_t warp, std::uint64_t arrival) {
  return state->runner->wait(warp, arrival);
}

void vgpu_yield(BlockState* state, std::uint32_t warp) { state->runner->pause(warp); }

void vgpu_arrive(BlockState* state, std::uint32_t warp, std::uint64_t arrival) {
  if (state->runner != nullptr) state->runner->arrive(warp, arrival);
}

std::uint32_t vgpu_smid(BlockState* state) { return state->worker; }

std::uint32_t vgpu_nsmid(BlockState* state) { return state->grid->run->workers() + 1; }

std::uint64_t vgpu_clock() { return __rdtsc(); }

std::uint64_t vgpu_globaltimer() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void vgpu_vprintf(BlockState*, std::uint32_t, std::uint32_t lanes, const std::uint64_t* formats,
                  const std::uint64_t* arguments, std::uint64_t* results) {
  each_lane(lanes, [&](std::uint32_t lane) {
    std::string out;
    const int count = vgpu::exec::format_device_printf(
        text(formats[lane]), reinterpret_cast<const void*>(arguments[lane]), out);
    vgpu::exec::add_output(out);
    results[lane] = static_cast<std::uint64_t>(count);
  });
}

void vgpu_assert_fail(BlockState* state, std::uint32_t warp, std::uint32_t lanes,
                      const std::uint64_t* messages, const std::uint64_t* files,
                      const std::uint64_t* lines, const std::uint64_t* functions,
                      const std::uint64_t*, std::uint64_t*) {
  const Grid& grid = *state->grid;
  each_lane(lanes, [&](std::uint32_t lane) {
    const std::uint32_t thread = warp * kWarp + lane;
    const auto triple = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
      return "[" + std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(z) + "]";
    };
    vgpu::exec::complain(
        std::string(text(files[lane])) + ":" + std::to_string(static_cast<int>(lines[lane])) +
        ": " + text(functions[lane]) +
        ": block: " + triple(state->ctaid[0], state->ctaid[1], state->ctaid[2]) +
        ", thread: " + triple(grid.tid[0][thread], grid.tid[1][thread], grid.tid[2][thread]) +
        " Assertion `" + text(messages[lane]) + "` failed.\n");
  });
  stop(state, Stop::assertion);
}

void vgpu_malloc(BlockState*, std::uint32_t, std::uint32_t lanes, const std::uint64_t* sizes,
                 std::uint64_t* results) {
  each_lane(lanes, [&](std::uint32_t lane) {
    results[lane] =
        reinterpret_cast<std::uint64_t>(vgpu::exec::device_heap().allocate(sizes[lane]));
  });
}

void vgpu_free(BlockState* state, std::uint32_t, std::uint32_t lanes, const std::uint64_t* pointers,
               std::uint64_t*) {
  each_lane(lanes, [&](std::uint32_t lane) {
    if (!vgpu::exec::device_heap().release(vgpu::exec::pointer(pointers[lane])))
      stop(state, Stop::trap);
  });
}
}
