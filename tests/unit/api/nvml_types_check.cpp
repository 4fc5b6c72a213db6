// Our NVML types against the public nvml.h: sizes, offsets and values, at compile time. It is built
// only where that header is installed; our names are in a namespace, NVIDIA's are not.
#include <nvml.h>

#include <cstddef>

#include "shim/abi/nvml_types.h"

#define SAME_SIZE(type) static_assert(sizeof(vgpu::type) == sizeof(::type), #type)
#define SAME_PLACE(type, member)                                            \
  static_assert(offsetof(vgpu::type, member) == offsetof(::type, member) && \
                    sizeof(vgpu::type::member) == sizeof(::type::member),   \
                #type "::" #member)

SAME_SIZE(nvmlReturn_t);
SAME_SIZE(nvmlDevice_t);
SAME_SIZE(nvmlMemory_t);
SAME_PLACE(nvmlMemory_t, free);
SAME_PLACE(nvmlMemory_t, used);
SAME_SIZE(nvmlMemory_v2_t);
SAME_PLACE(nvmlMemory_v2_t, total);
SAME_PLACE(nvmlMemory_v2_t, reserved);
SAME_PLACE(nvmlMemory_v2_t, free);
SAME_PLACE(nvmlMemory_v2_t, used);
static_assert(vgpu::kNvmlMemoryV2 == nvmlMemory_v2);
SAME_SIZE(nvmlPciInfo_t);
SAME_PLACE(nvmlPciInfo_t, domain);
SAME_PLACE(nvmlPciInfo_t, pciDeviceId);
SAME_PLACE(nvmlPciInfo_t, pciSubSystemId);
SAME_PLACE(nvmlPciInfo_t, busId);
SAME_SIZE(nvmlPciInfoExt_v1_t);
SAME_PLACE(nvmlPciInfoExt_v1_t, baseClass);
SAME_PLACE(nvmlPciInfoExt_v1_t, subClass);
SAME_PLACE(nvmlPciInfoExt_v1_t, busId);
static_assert(vgpu::nvml_version<vgpu::nvmlPciInfoExt_v1_t>(1) == nvmlPciInfoExt_v1);
SAME_SIZE(nvmlBAR1Memory_t);
SAME_PLACE(nvmlBAR1Memory_t, bar1Total);
SAME_PLACE(nvmlBAR1Memory_t, bar1Free);
SAME_PLACE(nvmlBAR1Memory_t, bar1Used);
SAME_SIZE(nvmlProcessInfo_v1_t);
SAME_PLACE(nvmlProcessInfo_v1_t, usedGpuMemory);
SAME_SIZE(nvmlProcessInfo_v2_t);
SAME_PLACE(nvmlProcessInfo_v2_t, usedGpuMemory);
SAME_PLACE(nvmlProcessInfo_v2_t, gpuInstanceId);
SAME_PLACE(nvmlProcessInfo_v2_t, computeInstanceId);
SAME_SIZE(nvmlProcessInfo_t);
SAME_SIZE(nvmlProcessDetail_v1_t);
SAME_PLACE(nvmlProcessDetail_v1_t, usedGpuCcProtectedMemory);
SAME_SIZE(nvmlProcessDetailList_v1_t);
SAME_PLACE(nvmlProcessDetailList_v1_t, mode);
SAME_PLACE(nvmlProcessDetailList_v1_t, numProcArrayEntries);
SAME_PLACE(nvmlProcessDetailList_v1_t, procArray);
static_assert(vgpu::nvml_version<vgpu::nvmlProcessDetailList_v1_t>(1) == nvmlProcessDetailList_v1);
SAME_SIZE(nvmlUtilization_t);
SAME_PLACE(nvmlUtilization_t, memory);
SAME_SIZE(nvmlProcessUtilizationSample_t);
SAME_PLACE(nvmlProcessUtilizationSample_t, timeStamp);
SAME_PLACE(nvmlProcessUtilizationSample_t, smUtil);
SAME_PLACE(nvmlProcessUtilizationSample_t, decUtil);
SAME_SIZE(nvmlValue_t);
SAME_SIZE(nvmlFieldValue_t);
SAME_PLACE(nvmlFieldValue_t, scopeId);
SAME_PLACE(nvmlFieldValue_t, timestamp);
SAME_PLACE(nvmlFieldValue_t, latencyUsec);
SAME_PLACE(nvmlFieldValue_t, valueType);
SAME_PLACE(nvmlFieldValue_t, nvmlReturn);
SAME_PLACE(nvmlFieldValue_t, value);
SAME_SIZE(nvmlFBCStats_t);
SAME_PLACE(nvmlFBCStats_t, averageLatency);
SAME_SIZE(nvmlUUID_v1_t);
SAME_PLACE(nvmlUUID_v1_t, type);
SAME_PLACE(nvmlUUID_v1_t, value);
static_assert(vgpu::nvml_version<vgpu::nvmlUUID_v1_t>(1) == nvmlUUID_v1);
SAME_SIZE(nvmlC2cModeInfo_v1_t);
SAME_SIZE(nvmlDeviceAddressingMode_v1_t);
SAME_PLACE(nvmlDeviceAddressingMode_v1_t, value);

#define SAME_RESULT(value, name, text) static_assert(int{vgpu::name} == int{::name}, #name);
#define VGPU_NVML_ERROR(value, name, text) SAME_RESULT(value, name, text)
#include "shim/abi/nvml_errors.def"

static_assert(vgpu::kNvmlBrandQuadro == NVML_BRAND_QUADRO);
static_assert(vgpu::kNvmlBrandGeforce == NVML_BRAND_GEFORCE);
static_assert(vgpu::kNvmlBrandTitan == NVML_BRAND_TITAN);
static_assert(vgpu::kNvmlBrandNvidia == NVML_BRAND_NVIDIA);
static_assert(vgpu::kNvmlClockGraphics == NVML_CLOCK_GRAPHICS);
static_assert(vgpu::kNvmlClockSm == NVML_CLOCK_SM);
static_assert(vgpu::kNvmlClockMemory == NVML_CLOCK_MEM);
static_assert(vgpu::kNvmlClockIdCustomerBoost == NVML_CLOCK_ID_CUSTOMER_BOOST_MAX);
static_assert(vgpu::kNvmlTopologyInternal == NVML_TOPOLOGY_INTERNAL);
static_assert(vgpu::kNvmlTopologyHostBridge == NVML_TOPOLOGY_HOSTBRIDGE);
static_assert(vgpu::kNvmlTopologySystem == NVML_TOPOLOGY_SYSTEM);
static_assert(vgpu::kNvmlP2pRead == NVML_P2P_CAPS_INDEX_READ);
static_assert(vgpu::kNvmlP2pWrite == NVML_P2P_CAPS_INDEX_WRITE);
static_assert(vgpu::kNvmlP2pNvlink == NVML_P2P_CAPS_INDEX_NVLINK);
static_assert(vgpu::kNvmlP2pAtomics == NVML_P2P_CAPS_INDEX_ATOMICS);
static_assert(vgpu::kNvmlP2pPci == NVML_P2P_CAPS_INDEX_PCI);
static_assert(vgpu::kNvmlP2pOk == NVML_P2P_STATUS_OK);
static_assert(vgpu::kNvmlP2pNotSupported == NVML_P2P_STATUS_NOT_SUPPORTED);

int main() { return 0; }
