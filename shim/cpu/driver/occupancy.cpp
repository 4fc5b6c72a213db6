#include "shim/cpu/driver/occupancy.h"

#include <algorithm>

#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"

namespace vgpu::cpu {
namespace {

constexpr int kWarp = 32;
constexpr int kRegisterUnit = 256;  ///< registers are given to a warp in pieces of this
constexpr std::size_t kSharedUnit = 128;

template <class T>
T round_up(T value, T unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

int blocks_per_multiprocessor(const Device& device, const Function& function, int block_size,
                              std::size_t dynamic_shared) {
  const jit::KernelInfo& info = function.info();
  const int most = std::min(device.attribute(1), static_cast<int>(info.max_threads));
  const int opt_in = std::max(device.attribute(97), device.attribute(8));
  if (block_size > most || dynamic_shared > static_cast<std::size_t>(opt_in)) return 0;
  const int warps = round_up(block_size, kWarp) / kWarp;

  int blocks = device.attribute(39) / (warps * kWarp);
  const int slots = device.attribute(106);
  if (slots > 0) blocks = std::min(blocks, slots);
  const int registers = std::max(1, static_cast<int>(info.registers));
  const int per_warp = round_up(registers * kWarp, kRegisterUnit);
  blocks = std::min(blocks, device.attribute(82) / per_warp / warps);
  const std::size_t shared = info.static_shared + dynamic_shared;
  const auto reserved = static_cast<std::size_t>(device.attribute(111));
  if (shared + reserved != 0) {
    const std::size_t each = round_up(shared + reserved, kSharedUnit);
    blocks =
        std::min(blocks, static_cast<int>(static_cast<std::size_t>(device.attribute(81)) / each));
  }
  return std::max(blocks, 0);
}

std::uint64_t resident_blocks(const Function& function, jit::Dim3 block,
                              std::size_t dynamic_shared) {
  const auto module = function.module.lock();
  require(module != nullptr, CUDA_ERROR_INVALID_HANDLE, "the function's module is unloaded");
  const Device& device = module->context->device();
  const int size = static_cast<int>(block.x * block.y * block.z);
  return static_cast<std::uint64_t>(
             blocks_per_multiprocessor(device, function, size, dynamic_shared)) *
         static_cast<std::uint64_t>(device.attribute(16));
}

}  // namespace vgpu::cpu
