#pragma once

#include <cstdint>

/// The types of the NVML API that our entry points take, bit for bit. Names keep NVML's spelling.
/// Source: NVML API reference 580.
namespace vgpu {

enum nvmlReturn_t : int {
#define VGPU_NVML_ERROR(value, name, text) name = value,
#include "shim/abi/nvml_errors.def"
#undef VGPU_NVML_ERROR
};

using nvmlDevice_t = struct nvmlDevice_st*;

/// Units: bytes.
struct nvmlMemory_t {
  unsigned long long total, free, used;
};

/// The caller sets `version` to kNvmlMemoryV2.
struct nvmlMemory_v2_t {
  unsigned int version;
  unsigned long long total, reserved, free, used;
};
inline constexpr unsigned int kNvmlMemoryV2 = sizeof(nvmlMemory_v2_t) | 2U << 24;

struct nvmlPciInfo_v1_t {
  char busId[16];
  unsigned int domain, bus, device, pciDeviceId;
};

struct nvmlPciInfo_v2_t {
  char busId[16];
  unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
  unsigned int reserved[4];
};

struct nvmlPciInfo_t {
  char busIdLegacy[16];  ///< domain in four digits
  unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
  char busId[32];  ///< domain in eight digits
};

}  // namespace vgpu
