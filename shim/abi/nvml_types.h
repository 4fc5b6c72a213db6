#pragma once

#include <cstddef>
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

/// What the caller writes into the `version` of a structure that has one.
template <class T>
constexpr unsigned int nvml_version(unsigned int number) {
  return static_cast<unsigned int>(sizeof(T)) | number << 24U;
}

/// The caller sets `version` to kNvmlMemoryV2.
struct nvmlMemory_v2_t {
  unsigned int version;
  unsigned long long total, reserved, free, used;
};
inline constexpr unsigned int kNvmlMemoryV2 = nvml_version<nvmlMemory_v2_t>(2);

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

struct nvmlPciInfoExt_v1_t {
  unsigned int version, domain, bus, device, pciDeviceId, pciSubSystemId, baseClass, subClass;
  char busId[32];
};

/// Units: bytes.
struct nvmlBAR1Memory_t {
  unsigned long long bar1Total, bar1Free, bar1Used;
};

/// Units: bytes.
struct nvmlProcessInfo_v1_t {
  unsigned int pid;
  unsigned long long usedGpuMemory;
};

/// Both instances are kNvmlNoInstance without MIG.
struct nvmlProcessInfo_v2_t {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId, computeInstanceId;
};
using nvmlProcessInfo_t = nvmlProcessInfo_v2_t;
inline constexpr unsigned int kNvmlNoInstance = 0xffffffff;

struct nvmlProcessDetail_v1_t {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId, computeInstanceId;
  unsigned long long usedGpuCcProtectedMemory;
};

/// `mode`: 0 compute, 1 graphics, 2 MPS.
struct nvmlProcessDetailList_v1_t {
  unsigned int version, mode, numProcArrayEntries;
  nvmlProcessDetail_v1_t* procArray;
};

/// Units: percent.
struct nvmlUtilization_t {
  unsigned int gpu, memory;
};

/// Units: microseconds since 1970, percent.
struct nvmlProcessUtilizationSample_t {
  unsigned int pid;
  unsigned long long timeStamp;
  unsigned int smUtil, memUtil, encUtil, decUtil;
};

enum nvmlValueType_t : unsigned int {
  NVML_VALUE_TYPE_DOUBLE = 0,
  NVML_VALUE_TYPE_UNSIGNED_INT = 1,
  NVML_VALUE_TYPE_UNSIGNED_LONG = 2,
  NVML_VALUE_TYPE_UNSIGNED_LONG_LONG = 3,
  NVML_VALUE_TYPE_SIGNED_LONG_LONG = 4,
  NVML_VALUE_TYPE_SIGNED_INT = 5,
  NVML_VALUE_TYPE_UNSIGNED_SHORT = 6,
};

union nvmlValue_t {
  double dVal;
  int siVal;
  unsigned int uiVal;
  unsigned long ulVal;
  unsigned long long ullVal;
  signed long long sllVal;
  unsigned short usVal;
};

/// The caller sets the two ids. Units: microseconds.
struct nvmlFieldValue_t {
  unsigned int fieldId, scopeId;
  long long timestamp, latencyUsec;
  nvmlValueType_t valueType;
  nvmlReturn_t nvmlReturn;
  nvmlValue_t value;
};

struct nvmlFBCStats_t {
  unsigned int sessionsCount, averageFPS, averageLatency;
};

union nvmlUUIDValue_t {
  char str[41];
  unsigned char bytes[16];
};

/// `type`: 1 text, 2 bytes.
struct nvmlUUID_v1_t {
  unsigned int version, type;
  nvmlUUIDValue_t value;
};

struct nvmlC2cModeInfo_v1_t {
  unsigned int isC2cEnabled;
};

struct nvmlDeviceAddressingMode_v1_t {
  unsigned int version, value;
};

/// What names one of several kinds is an unsigned number here; these are the ones that we answer.
inline constexpr unsigned int kNvmlDisabled = 0, kNvmlEnabled = 1;
inline constexpr unsigned int kNvmlBrandQuadro = 1, kNvmlBrandGeforce = 5, kNvmlBrandTitan = 6,
                              kNvmlBrandNvidia = 14;
inline constexpr unsigned int kNvmlClockGraphics = 0, kNvmlClockSm = 1, kNvmlClockMemory = 2;
inline constexpr unsigned int kNvmlClockIdCustomerBoost = 3;
inline constexpr unsigned int kNvmlTopologyInternal = 0, kNvmlTopologyHostBridge = 30,
                              kNvmlTopologySystem = 50;
inline constexpr unsigned int kNvmlP2pRead = 0, kNvmlP2pWrite = 1, kNvmlP2pNvlink = 2,
                              kNvmlP2pAtomics = 3, kNvmlP2pPci = 4;
inline constexpr unsigned int kNvmlP2pOk = 0, kNvmlP2pNotSupported = 5;

}  // namespace vgpu
