#include "shim/cpu/driver/launch.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/library.h"
#include "shim/cpu/driver/stream.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu {

void apply_attribute(const CUlaunchAttribute& attribute, LaunchRequest& request) {
  switch (attribute.id) {
    case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
      request.cooperative = attribute.value.cooperative != 0;
      break;
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: {
      const auto& cluster = attribute.value.clusterDim;
      require(cluster.x == 1 && cluster.y == 1 && cluster.z == 1, CUDA_ERROR_NOT_SUPPORTED,
              "clusters of more than one block are not supported");
      break;
    }
    case CU_LAUNCH_ATTRIBUTE_IGNORE:
      return;
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
    case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
    case CU_LAUNCH_ATTRIBUTE_PRIORITY:
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP:
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
    case CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION:
    case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    case CU_LAUNCH_ATTRIBUTE_NVLINK_UTIL_CENTRIC_SCHEDULING:
      break;
    case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT:
    case CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT:
    case CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE:
      fail(CUDA_ERROR_NOT_SUPPORTED, "the launch attribute is not supported");
    default:
      fail(CUDA_ERROR_INVALID_VALUE, "no such launch attribute");
  }
  std::erase_if(request.attributes, [&](const auto& older) { return older.id == attribute.id; });
  request.attributes.push_back(attribute);
}

namespace api {
namespace {

/// cudaErrorInvalidConfiguration. The runtime passes our code on as its own error, and its programs
/// are used to this one for a shape that is out of range, while programs of the driver API are
/// used to INVALID_VALUE. The runtime launches kernels of libraries, the others functions.
constexpr auto kInvalidConfiguration = static_cast<CUresult>(9);

CUresult code_for_shape(CUfunction handle) {
  return handles<LibraryKernel>().find(handle) == nullptr ? CUDA_ERROR_INVALID_VALUE
                                                          : kInvalidConfiguration;
}

void start(CUfunction handle, LaunchRequest request, CUstream stream_handle, void** params,
           void** extra) {
  const auto context = current_context();
  request.function = find_function(handle);
  const auto stream = find_stream(stream_handle, context);
  stream->context->check();
  check_shape(request, code_for_shape(handle));
  request.params = copy_params(request.function->declaration(), params, extra);
  launch(stream, std::move(request));
}

}  // namespace

CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                        unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                        CUstream stream, void** params, void** extra) {
  LaunchRequest request;
  request.grid = {grid_x, grid_y, grid_z};
  request.block = {block_x, block_y, block_z};
  request.dynamic_shared = shared_bytes;
  start(function, std::move(request), stream, params, extra);
  return CUDA_SUCCESS;
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                                   unsigned grid_z, unsigned block_x, unsigned block_y,
                                   unsigned block_z, unsigned shared_bytes, CUstream stream,
                                   void** params) {
  LaunchRequest request;
  request.grid = {grid_x, grid_y, grid_z};
  request.block = {block_x, block_y, block_z};
  request.dynamic_shared = shared_bytes;
  request.cooperative = true;
  start(function, std::move(request), stream, params, nullptr);
  return CUDA_SUCCESS;
}

CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** params,
                          void** extra) {
  require_value(config != nullptr, "config is null");
  require_value(config->numAttrs == 0 || config->attrs != nullptr,
                "attributes are counted and not given");
  LaunchRequest request;
  request.grid = {config->gridDimX, config->gridDimY, config->gridDimZ};
  request.block = {config->blockDimX, config->blockDimY, config->blockDimZ};
  request.dynamic_shared = config->sharedMemBytes;
  for (unsigned i = 0; i < config->numAttrs; ++i) apply_attribute(config->attrs[i], request);
  start(function, std::move(request), config->hStream, params, extra);
  return CUDA_SUCCESS;
}

}  // namespace api
}  // namespace vgpu::cpu
