// Memory: as the processes of the tree use it together.
#include <algorithm>

#include "shim/nvml/answer.h"
#include "shim/nvml/calls.h"
#include "shim/nvml/surroundings.h"
#include "shim/shared/gpu_usage.h"

namespace vgpu::nvml::calls {
namespace {

std::uint64_t used_by_tree(const GpuProfile& gpu) {
  return GpuUsage(gpu, session_table()).used_by_tree();
}

}  // namespace

// The first form has the driver's share among the used.
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const std::uint64_t total = total_memory(*gpu);
  const std::uint64_t left = gpu->memory - used_by_tree(*gpu);
  *memory = {.total = total, .free = left, .used = total - left};
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t* memory) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (memory->version != kNvmlMemoryV2) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  const std::uint64_t used = used_by_tree(*gpu);
  *memory = {.version = kNvmlMemoryV2,
             .total = total_memory(*gpu),
             .reserved = total_memory(*gpu) - gpu->memory,
             .free = gpu->memory - used,
             .used = used};
  return NVML_SUCCESS;
}

// Nothing is mapped through the window: device memory is memory of the machine.
nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t* memory) {
  return answer_number(device, memory, [](const GpuProfile& gpu) {
    return nvmlBAR1Memory_t{.bar1Total = gpu.bar1_size, .bar1Free = gpu.bar1_size, .bar1Used = 0};
  });
}

nvmlReturn_t nvmlDeviceGetConfComputeProtectedMemoryUsage(nvmlDevice_t device,
                                                          nvmlMemory_t* memory) {
  return answer_number(device, memory, [](const GpuProfile&) { return nvmlMemory_t{}; });
}

}  // namespace vgpu::nvml::calls
