// What a device is, in numbers: from its profile, or because a virtual device can be nothing else.
#include <algorithm>
#include <string>
#include <utility>

#include "shim/nvml/answer.h"
#include "shim/nvml/calls.h"

namespace vgpu::nvml::calls {
namespace {

constexpr std::size_t kClockRate = 13;        // CU_DEVICE_ATTRIBUTE_CLOCK_RATE
constexpr std::size_t kMultiprocessors = 16;  // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
constexpr std::size_t kMemoryClockRate = 36;  // CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE
constexpr int kKilohertz = 1000;              // in a megahertz

struct Generation {
  int from;  ///< compute capability
  unsigned int architecture;
  unsigned int cores;  ///< of a multiprocessor
};
/// Source: CUDA C++ Programming Guide, "Compute Capabilities"; NVML_DEVICE_ARCH_*.
constexpr Generation kGenerations[] = {
    {30, 2, 192}, {50, 3, 128}, {60, 4, 64},  {61, 4, 128}, {70, 5, 64},    {75, 6, 64},
    {80, 7, 64},  {86, 7, 128}, {89, 8, 128}, {90, 9, 128}, {100, 10, 128},
};
static_assert(std::ranges::is_sorted(kGenerations, {}, &Generation::from));

const Generation& generation(const GpuProfile& gpu) {
  const auto* const after =
      std::ranges::upper_bound(kGenerations, gpu.compute_capability(), {}, &Generation::from);
  return after == std::begin(kGenerations) ? *after : *std::prev(after);
}

unsigned int brand(const GpuProfile& gpu) {
  constexpr std::pair<const char*, unsigned int> kBrands[] = {
      {"GeForce", kNvmlBrandGeforce}, {"Quadro", kNvmlBrandQuadro}, {"TITAN", kNvmlBrandTitan}};
  for (const auto& [word, number] : kBrands)
    if (gpu.name.find(word) != std::string::npos) return number;
  return kNvmlBrandNvidia;
}

/// Units: MHz. 0: unknown.
unsigned int highest_clock(const GpuProfile& gpu, unsigned int type) {
  const bool memory = type == kNvmlClockMemory;
  if (!memory && type != kNvmlClockGraphics && type != kNvmlClockSm) return 0;
  return static_cast<unsigned int>(gpu.attributes[memory ? kMemoryClockRate : kClockRate] /
                                   kKilohertz);
}

nvmlReturn_t answer_clock(nvmlDevice_t device, unsigned int type, unsigned int* clock) {
  return answer_if(
      device, clock, [&](const GpuProfile& gpu) { return highest_clock(gpu, type) != 0; },
      [&](const GpuProfile& gpu) { return highest_clock(gpu, type); });
}

template <unsigned int number>
unsigned int always(const GpuProfile& /*unused*/) {
  return number;
}

}  // namespace

nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, [](const auto& gpu) { return generation(gpu).architecture; });
}

nvmlReturn_t nvmlDeviceGetBrand(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, brand);
}

nvmlReturn_t nvmlDeviceGetNumGpuCores(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, [](const GpuProfile& gpu) {
    return generation(gpu).cores * static_cast<unsigned int>(gpu.attributes[kMultiprocessors]);
  });
}

nvmlReturn_t nvmlDeviceGetBusType(nvmlDevice_t device, unsigned int* value) {
  constexpr unsigned int kPcie = 2;
  return answer_number(device, value, always<kPcie>);
}

nvmlReturn_t nvmlDeviceGetBoardId(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, [](const GpuProfile& gpu) {
    return gpu.pci.domain << 16U | unsigned{gpu.pci.bus} << 8U | unsigned{gpu.pci.device};
  });
}

nvmlReturn_t nvmlDeviceGetMultiGpuBoard(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<0>);
}

nvmlReturn_t nvmlDeviceGetIrqNum(nvmlDevice_t device, unsigned int* irq) {
  return answer_number(device, irq, [](const GpuProfile& gpu) { return gpu.irq; });
}

nvmlReturn_t nvmlDeviceGetMemoryBusWidth(nvmlDevice_t device, unsigned int* bits) {
  constexpr std::size_t kMemoryBusWidth = 37;  // CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH
  return answer_number(device, bits, [](const GpuProfile& gpu) {
    return static_cast<unsigned int>(gpu.attributes[kMemoryBusWidth]);
  });
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t device, unsigned int* generation) {
  return answer_number(device, generation,
                       [](const GpuProfile& gpu) { return gpu.pcie_generation; });
}

nvmlReturn_t nvmlDeviceGetGpuMaxPcieLinkGeneration(nvmlDevice_t device, unsigned int* value) {
  return nvmlDeviceGetMaxPcieLinkGeneration(device, value);
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t device, unsigned int* value) {
  return nvmlDeviceGetMaxPcieLinkGeneration(device, value);
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t device, unsigned int* lanes) {
  return answer_number(device, lanes, [](const GpuProfile& gpu) { return gpu.pcie_width; });
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t device, unsigned int* value) {
  return nvmlDeviceGetMaxPcieLinkWidth(device, value);
}

// NVML_PCIE_LINK_MAX_SPEED_* count as generations do.
nvmlReturn_t nvmlDeviceGetPcieLinkMaxSpeed(nvmlDevice_t device, unsigned int* value) {
  return nvmlDeviceGetMaxPcieLinkGeneration(device, value);
}

nvmlReturn_t nvmlDeviceGetPcieSpeed(nvmlDevice_t device, unsigned int* value) {
  constexpr unsigned int kSpeeds[] = {2500, 5000, 8000, 16000, 32000, 64000};
  return answer_if(
      device, value,
      [&](const GpuProfile& gpu) {
        return gpu.pcie_generation >= 1 && gpu.pcie_generation <= std::size(kSpeeds);
      },
      [&](const GpuProfile& gpu) { return kSpeeds[gpu.pcie_generation - 1]; });
}

nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<0>);  // any number of processes
}

// Source: H100, driver 580.
nvmlReturn_t nvmlDeviceGetDisplayMode(nvmlDevice_t device, unsigned int* value) {
  const bool valid = value != nullptr && find_gpu(device) != nullptr;
  return valid ? NVML_ERROR_DEPRECATED : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceGetDisplayActive(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<kNvmlDisabled>);
}

// There is no driver to be unloaded when nobody uses the device.
nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<kNvmlEnabled>);
}

// It knows no state but the fastest that it can.
nvmlReturn_t nvmlDeviceGetPerformanceState(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<0>);
}

nvmlReturn_t nvmlDeviceGetVirtualizationMode(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<0>);  // not what NVIDIA calls a vGPU
}

nvmlReturn_t nvmlDeviceGetNumFans(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<0>);
}

nvmlReturn_t nvmlDeviceGetAccountingMode(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<kNvmlDisabled>);
}

// Source: H100, driver 580.
nvmlReturn_t nvmlDeviceGetAccountingBufferSize(nvmlDevice_t device, unsigned int* value) {
  constexpr unsigned int kProcesses = 4000;
  return answer_number(device, value, always<kProcesses>);
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<0>);
}

nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned int* value) {
  return answer_number(device, value, always<0>);
}

nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t device, unsigned int type,
                                       unsigned int* clock) {
  return answer_clock(device, type, clock);
}

nvmlReturn_t nvmlDeviceGetMaxCustomerBoostClock(nvmlDevice_t device, unsigned int type,
                                                unsigned int* clock) {
  return answer_clock(device, type, clock);
}

nvmlReturn_t nvmlDeviceGetClock(nvmlDevice_t device, unsigned int type, unsigned int id,
                                unsigned int* clock) {
  if (id == kNvmlClockIdCustomerBoost) return answer_clock(device, type, clock);
  const bool valid = clock != nullptr && find_gpu(device) != nullptr;
  return valid ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_INVALID_ARGUMENT;
}

}  // namespace vgpu::nvml::calls
