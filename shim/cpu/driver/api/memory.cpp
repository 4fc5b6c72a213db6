#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/graph_memory.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {

CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  const auto& context = current_context();
  const Device& device = context->device();
  if (total != nullptr) *total = device.profile.memory;
  if (free != nullptr) *free = device.usage.left();
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr* at, std::size_t size) {
  require_value(at != nullptr && size != 0, "dptr is null, or bytesize 0");
  const auto& context = current_context();
  Arena& arena = context->device().arena;
  void* const got = arena.allocate(size);
  require(got != nullptr, CUDA_ERROR_OUT_OF_MEMORY, "the device's memory is full");
  const auto address = reinterpret_cast<std::uint64_t>(got);
  address_map().add(make_allocation(context, Allocation::Kind::device, address, size));
  *at = address;
  return CUDA_SUCCESS;
}

CUresult cuMemAllocPitch_v2(CUdeviceptr* at, std::size_t* pitch, std::size_t width,
                            std::size_t height, unsigned element_size) {
  require_value(at != nullptr && pitch != nullptr, "dptr or pPitch is null");
  require_value(element_size == 4 || element_size == 8 || element_size == 16,
                "ElementSizeBytes is not 4, 8 or 16");
  require_value(width != 0 && height != 0, "an empty allocation");
  constexpr std::size_t kPitch = 512;
  require_value(width <= SIZE_MAX - kPitch, "the width is too large");
  const std::size_t row = (width + kPitch - 1) / kPitch * kPitch;
  require(row <= SIZE_MAX / height, CUDA_ERROR_OUT_OF_MEMORY, "more than any device has");
  cuMemAlloc_v2(at, row * height);
  *pitch = row;
  return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr at) {
  const auto context = current_context();
  if (at == 0) return CUDA_SUCCESS;
  const auto known = address_map().find_start(at);
  require_value(known != nullptr && !known->is_host() && !known->of_module &&
                    known->kind != Allocation::Kind::mapped,
                "not the start of an allocation");
  // The driver waits for the work that may use the memory; ours would fault if it did not.
  known->context->synchronize();
  const auto taken = address_map().take(at);
  require_value(taken == known, "freed by another thread");
  if (taken->of_graph != nullptr) taken->of_graph->live = false;
  release_memory(*taken);
  return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, std::size_t* size, CUdeviceptr at) {
  current_context();
  const auto known = address_map().find(at);
  require(known != nullptr, CUDA_ERROR_NOT_FOUND, "no allocation has this address");
  if (base != nullptr) *base = known->base;
  if (size != nullptr) *size = known->size;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
