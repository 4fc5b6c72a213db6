#include "shim/cpu/driver/graph_memory.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"

namespace vgpu::cpu::api {

CUresult cuDeviceGraphMemTrim(CUdevice device) {
  device_at(device);
  return CUDA_SUCCESS;  // nothing is kept that a graph has freed
}

// What is reserved is what is used: nothing is kept that a graph has freed.

CUresult cuDeviceGetGraphMemAttribute(CUdevice device, CUgraphMem_attribute attribute,
                                      void* value) {
  require_value(value != nullptr, "value is null");
  const GraphMemoryUse& use = device_at(device).graph_memory;
  auto* const to = static_cast<cuuint64_t*>(value);
  switch (attribute) {
    case CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT:
    case CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT:
      *to = use.now;
      return CUDA_SUCCESS;
    case CU_GRAPH_MEM_ATTR_USED_MEM_HIGH:
    case CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH:
      *to = use.high;
      return CUDA_SUCCESS;
  }
  fail(CUDA_ERROR_INVALID_VALUE, "no such attribute");
}

CUresult cuDeviceSetGraphMemAttribute(CUdevice device, CUgraphMem_attribute attribute,
                                      void* value) {
  require_value(value != nullptr, "value is null");
  GraphMemoryUse& use = device_at(device).graph_memory;
  require_value((attribute == CU_GRAPH_MEM_ATTR_USED_MEM_HIGH ||
                 attribute == CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH) &&
                    *static_cast<const cuuint64_t*>(value) == 0,
                "only the highest values can be set, to 0");
  use.high = use.now.load();
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
