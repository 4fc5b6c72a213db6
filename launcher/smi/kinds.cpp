#include "launcher/smi/kinds.h"

#include <iterator>
#include <string>

namespace vgpu::smi {
namespace {

template <std::size_t size>
Value one_of(const Nvml& nvml, const Device& device, const char* function,
             const char* const (&names)[size]) {
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call(function, device.handle, &value);
  if (result != NVML_SUCCESS) return unknown(result);
  return known(value < size && names[value] != nullptr ? names[value] : "Unknown");
}

}  // namespace

Value compute_capability(const Nvml& nvml, const Device& device) {
  int major = 0;
  int minor = 0;
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetCudaComputeCapability", device.handle, &major, &minor);
  if (result != NVML_SUCCESS) return unknown(result);
  return known(std::to_string(major) + "." + std::to_string(minor));
}

Value compute_mode(const Nvml& nvml, const Device& device) {
  constexpr const char* kModes[] = {"Default", "Exclusive_Thread", "Prohibited",
                                    "Exclusive_Process"};
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetComputeMode", device.handle, &value);
  if (result != NVML_SUCCESS) return unknown(result);
  return value < std::size(kModes) ? known(kModes[value]) : unknown(NVML_ERROR_UNKNOWN);
}

Value performance_state(const Nvml& nvml, const Device& device) {
  constexpr unsigned int kUnknown = 32;
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetPerformanceState", device.handle, &value);
  if (result != NVML_SUCCESS) return unknown(result);
  return value < kUnknown ? known("P" + std::to_string(value)) : unknown(NVML_ERROR_NOT_SUPPORTED);
}

// Source: NVML_BRAND_*, NVML_DEVICE_ARCH_*, NVML_GPU_VIRTUALIZATION_MODE_*.
Value brand(const Nvml& nvml, const Device& device) {
  constexpr const char* kBrands[] = {"Unknown",     "Quadro",         "Tesla",
                                     "NVS",         "GRID",           "GeForce",
                                     "Titan",       "NVIDIA vApps",   "NVIDIA vPC",
                                     "NVIDIA vCS",  "NVIDIA RTX vWS", "NVIDIA Cloud Gaming",
                                     "Quadro RTX",  "NVIDIA RTX",     "NVIDIA",
                                     "GeForce RTX", "Titan RTX"};
  return one_of(nvml, device, "nvmlDeviceGetBrand", kBrands);
}

Value architecture(const Nvml& nvml, const Device& device) {
  constexpr const char* kNames[] = {nullptr,        nullptr,  "Kepler",   "Maxwell",
                                    "Pascal",       "Volta",  "Turing",   "Ampere",
                                    "Ada Lovelace", "Hopper", "Blackwell"};
  return one_of(nvml, device, "nvmlDeviceGetArchitecture", kNames);
}

Value virtualization(const Nvml& nvml, const Device& device) {
  constexpr const char* kModes[] = {"None", "Pass-Through", "VGPU", "Host VGPU", "Host VSGA"};
  return one_of(nvml, device, "nvmlDeviceGetVirtualizationMode", kModes);
}

Value addressing_mode(const Nvml& nvml, const Device& device) {
  constexpr const char* kModes[] = {"None", "HMM", "ATS"};
  nvmlDeviceAddressingMode_v1_t mode{nvml_version<nvmlDeviceAddressingMode_v1_t>(1), 0};
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetAddressingMode", device.handle, &mode);
  if (result != NVML_SUCCESS) return unknown(result);
  return mode.value < std::size(kModes) ? known(kModes[mode.value]) : unknown(NVML_ERROR_UNKNOWN);
}

Value board_id(const Nvml& nvml, const Device& device) {
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetBoardId", device.handle, &value);
  const std::string room = printed("0x%x", value);
  return result == NVML_SUCCESS ? known(room) : unknown(result);
}

Value firmware(const Nvml& nvml, const Device& device) {
  char room[64] = {};
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetGspFirmwareVersion", device.handle, &room[0]);
  return result == NVML_SUCCESS ? known(room) : unknown(result);
}

}  // namespace vgpu::smi
