#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/module.h"

namespace vgpu::cpu::api {
namespace {

std::shared_ptr<Module> module_of(const Function& function) {
  auto module = function.module.lock();
  require(module != nullptr, CUDA_ERROR_INVALID_HANDLE, "the function's module is unloaded");
  return module;
}

const Device& device_of(const Function& function) { return module_of(function)->context->device(); }

/// The most dynamic shared memory that a program may opt in to. Units: bytes.
int opt_in_limit(const Function& function) {
  const Device& device = device_of(function);
  const int most = std::max(device.attribute(97), device.attribute(8));
  return most - static_cast<int>(function.info().static_shared);
}

}  // namespace

CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction handle) {
  require_value(value != nullptr, "pi is null");
  require_value(attribute >= 0 && attribute < CU_FUNC_ATTRIBUTE_MAX, "no such attribute");
  const auto function = find_function(handle);
  const jit::KernelInfo& info = function->info();
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
      *value = static_cast<int>(info.max_threads);
      break;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
      *value = static_cast<int>(info.static_shared);
      break;
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
      *value = static_cast<int>(info.local_bytes);
      break;
    case CU_FUNC_ATTRIBUTE_NUM_REGS:
      *value = static_cast<int>(info.registers);
      break;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
      *value = info.ptx_version;
      break;
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
      *value = device_of(*function).profile.compute_capability();
      break;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
      *value = function->max_dynamic_shared();
      break;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
      *value = function->carveout;
      break;
    case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
    case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    case CU_FUNC_ATTRIBUTE_MAX:
      *value = 0;
      break;
  }
  return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction handle, CUfunction_attribute attribute, int value) {
  const auto function = find_function(handle);
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
      require_value(value >= 0 && value <= opt_in_limit(*function),
                    "more shared memory than a block can have");
      function->chosen_dynamic_shared = value;
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
      require_value(value >= -1 && value <= 100, "not a percentage");
      function->carveout = value;
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
      fail(CUDA_ERROR_NOT_SUPPORTED, "clusters are not supported");
    default:
      fail(CUDA_ERROR_INVALID_VALUE, "no such attribute, or one that can only be read");
  }
}

CUresult cuFuncSetCacheConfig(CUfunction handle, CUfunc_cache config) {
  require_value(config >= CU_FUNC_CACHE_PREFER_NONE && config <= CU_FUNC_CACHE_PREFER_EQUAL,
                "no such cache preference");
  find_function(handle)->cache_config = config;
  return CUDA_SUCCESS;
}

CUresult cuFuncSetSharedMemConfig(CUfunction handle, CUsharedconfig config) {
  require_value(config >= CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE &&
                    config <= CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE,
                "no such bank size");
  find_function(handle);
  return CUDA_SUCCESS;
}

CUresult cuFuncGetModule(CUmodule* module, CUfunction handle) {
  require_value(module != nullptr, "hmod is null");
  *module = reinterpret_cast<CUmodule>(module_of(*find_function(handle)).get());
  return CUDA_SUCCESS;
}

CUresult cuFuncGetName(const char** name, CUfunction handle) {
  require_value(name != nullptr, "name is null");
  *name = find_function(handle)->declaration().name.c_str();
  return CUDA_SUCCESS;
}

CUresult cuFuncGetParamInfo(CUfunction handle, std::size_t index, std::size_t* offset,
                            std::size_t* size) {
  require_value(offset != nullptr, "paramOffset is null");
  const auto function = find_function(handle);
  const auto& params = function->declaration().params;
  require_value(index < params.size(), "the function has fewer parameters");
  *offset = params[index].offset;
  if (size != nullptr) *size = params[index].size;
  return CUDA_SUCCESS;
}

CUresult cuFuncIsLoaded(CUfunctionLoadingState* state, CUfunction handle) {
  require_value(state != nullptr, "state is null");
  find_function(handle);
  *state = CU_FUNCTION_LOADING_STATE_LOADED;
  return CUDA_SUCCESS;
}

CUresult cuFuncLoad(CUfunction handle) {
  find_function(handle);
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
