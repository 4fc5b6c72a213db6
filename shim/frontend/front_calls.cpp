#include "shim/frontend/front_calls.h"

#include "shim/api/error_text.h"
#include "shim/frontend/export_tables.h"
#include "shim/frontend/proc_address.h"
#include "shim/frontend/process_state.h"

namespace vgpu::frontend::front {
namespace {

// The version whose API cuda.def describes: what is reported where no GPU is configured.
constexpr int kApiVersion = 13000;

int driver_version() {
  const auto& gpus = config().gpus;
  return gpus.empty() ? kApiVersion : gpus.front().cuda_version;
}

}  // namespace

CUresult cuInit(unsigned int flags) { return flags == 0 ? start() : CUDA_ERROR_INVALID_VALUE; }

CUresult cuDriverGetVersion(int* version) {
  if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *version = driver_version();
  return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  if (text == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const ErrorText* const found = find_error_text(error);
  *text = found == nullptr ? nullptr : found->text;
  return found == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char** name) {
  if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const ErrorText* const found = find_error_text(error);
  *name = found == nullptr ? nullptr : found->name;
  return found == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

// Before CUDA 12 there was no status, and the documentation has NOT_FOUND for what is not there.
CUresult cuGetProcAddress(const char* name, void** function, int version, cuuint64_t flags) {
  auto status = CU_GET_PROC_ADDRESS_SUCCESS;
  const CUresult result = cuGetProcAddress_v2(name, function, version, flags, &status);
  if (result != CUDA_SUCCESS || status == CU_GET_PROC_ADDRESS_SUCCESS) return result;
  return CUDA_ERROR_NOT_FOUND;
}

// What is not there is a success with a null pointer: measured on driver 580.159.04.
CUresult cuGetProcAddress_v2(const char* name, void** function, int version, cuuint64_t flags,
                             CUdriverProcAddressQueryResult* status) {
  if (name == nullptr || function == nullptr || version > driver_version() ||
      flags > CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM)
    return CUDA_ERROR_INVALID_VALUE;
  const ProcAnswer answer =
      find_proc(name, version, flags == CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM);
  *function = reinterpret_cast<void*>(answer.function);
  if (status != nullptr) *status = answer.status;
  return CUDA_SUCCESS;
}

CUresult cuGetExportTable(const void** table, const CUuuid* id) {
  if (table == nullptr || id == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const void* const found = find_export_table(*id);
  if (found == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *table = found;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode* mode) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (mode == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *mode = started().options.eager_loading ? CU_MODULE_EAGER_LOADING : CU_MODULE_LAZY_LOADING;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::frontend::front
