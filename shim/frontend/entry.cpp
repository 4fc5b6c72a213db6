#include "shim/frontend/entry.h"

#include <new>

#include "shim/api/api_error.h"

namespace vgpu::frontend {

CUresult code_of_exception(Entry entry) noexcept {
  try {
    throw;
  } catch (const ApiError& error) {
    explain(entry, error);
    return error.code == CUDA_ERROR_NOT_SUPPORTED ? not_supported(entry) : error.code;
  } catch (const std::bad_alloc&) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  } catch (...) {
    return CUDA_ERROR_UNKNOWN;
  }
}

}  // namespace vgpu::frontend
