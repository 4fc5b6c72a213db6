#include "shim/cpu/driver/device.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/caller.h"
#include "shim/cpu/driver/error.h"

namespace vgpu::cpu::api {
namespace {

enum Attribute : std::size_t {
  kMaxThreadsPerBlock = 1,
  kMaxBlockX = 2,
  kMaxGridX = 5,
  kMaxSharedPerBlock = 8,
  kTotalConstant = 9,
  kWarpSize = 10,
  kMaxPitch = 11,
  kMaxRegistersPerBlock = 12,
  kClockRate = 13,
  kTextureAlignment = 14,
  kMajor = 75,
  kMinor = 76,
};

/// Copies `text` into a program's buffer of `length` characters, cut and always ended.
void copy_text(const std::string& text, char* to, int length) {
  require_value(to != nullptr && length > 0, "no room for the text");
  const std::size_t size = std::min(text.size(), static_cast<std::size_t>(length) - 1);
  std::memcpy(to, text.data(), size);
  to[size] = '\0';
}

struct PciNumbers {
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned device = 0;
};

/// [domain]:[bus]:[device].[function], [domain]:[bus]:[device] or [bus]:[device].[function], in
/// hexadecimal. A virtual device is all of its functions, so that what follows is not looked at.
PciNumbers parse_pci_bus_id(std::string_view text) {
  constexpr int kHexadecimal = 16;
  const char* const end = text.data() + text.size();
  unsigned numbers[3] = {};
  std::size_t count = 0;
  for (const char* at = text.data(); count < std::size(numbers); ++at) {
    const auto [next, error] = std::from_chars(at, end, numbers[count], kHexadecimal);
    require_value(error == std::errc(), "not a PCI bus id");
    ++count;
    at = next;
    if (at == end || *at != ':') break;
  }
  require_value(count > 1, "not a PCI bus id");
  return count == 3 ? PciNumbers{numbers[0], numbers[1], numbers[2]}
                    : PciNumbers{0, numbers[0], numbers[1]};
}

}  // namespace

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  require_value(device != nullptr, "device is null");
  *device = device_at(ordinal).ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  require_value(count != nullptr, "count is null");
  *count = static_cast<int>(driver().devices.size());
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  copy_text(device_at(device).profile.name, name, length);
  return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  require_value(bytes != nullptr, "bytes is null");
  *bytes = device_at(device).profile.memory;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  require_value(value != nullptr, "pi is null");
  require_value(attribute > 0 && attribute < kDeviceAttributeCount, "no such attribute");
  const Device& found = device_at(device);
  switch (static_cast<std::size_t>(attribute)) {
    case kMajor:
      *value = capability_for_caller(found) / 10;
      break;
    case kMinor:
      *value = capability_for_caller(found) % 10;
      break;
    default:
      *value = found.attribute(attribute);
  }
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  require_value(uuid != nullptr, "uuid is null");
  const Device& found = device_at(device);
  std::memcpy(uuid->bytes, found.profile.uuid.data(), sizeof uuid->bytes);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) { return cuDeviceGetUuid_v2(uuid, device); }

CUresult cuDeviceGetPCIBusId(char* text, int length, CUdevice device) {
  std::string id = pci_text(device_at(device).profile.pci);
  // CUDA prints the hexadecimal digits as capitals; sysfs does not.
  std::transform(id.begin(), id.end(), id.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  copy_text(id, text, length);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetByPCIBusId(CUdevice* device, const char* text) {
  require_value(device != nullptr && text != nullptr, "device or text is null");
  const auto [domain, bus, slot] = parse_pci_bus_id(text);
  for (const auto& candidate : driver().devices) {
    const PciAddress& pci = candidate->profile.pci;
    if (pci.domain != domain || pci.bus != bus || pci.device != slot) continue;
    *device = candidate->ordinal;
    return CUDA_SUCCESS;
  }
  fail(CUDA_ERROR_INVALID_DEVICE, "no device has this PCI bus id");
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  require_value(major != nullptr && minor != nullptr, "major or minor is null");
  const auto& attributes = device_at(device).profile.attributes;
  *major = attributes[kMajor];
  *minor = attributes[kMinor];
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetProperties(CUdevprop* properties, CUdevice device) {
  require_value(properties != nullptr, "prop is null");
  const auto& attributes = device_at(device).profile.attributes;
  properties->maxThreadsPerBlock = attributes[kMaxThreadsPerBlock];
  for (std::size_t i = 0; i < 3; ++i) {
    properties->maxThreadsDim[i] = attributes[kMaxBlockX + i];
    properties->maxGridSize[i] = attributes[kMaxGridX + i];
  }
  properties->sharedMemPerBlock = attributes[kMaxSharedPerBlock];
  properties->totalConstantMemory = attributes[kTotalConstant];
  properties->SIMDWidth = attributes[kWarpSize];
  properties->memPitch = attributes[kMaxPitch];
  properties->regsPerBlock = attributes[kMaxRegistersPerBlock];
  properties->clockRate = attributes[kClockRate];
  properties->textureAlign = attributes[kTextureAlignment];
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetExecAffinitySupport(int* supported, CUexecAffinityType type, CUdevice device) {
  require_value(supported != nullptr, "pi is null");
  require_value(type == CU_EXEC_AFFINITY_TYPE_SM_COUNT, "no such affinity");
  device_at(device);
  *supported = 0;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
