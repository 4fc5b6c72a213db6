#include "tests/conformance/kind.h"

#include <dlfcn.h>

#include <cstdlib>
#include <stdexcept>

#include "shim/cpu/driver/cpu_device.h"
#include "tests/conformance/small_gpu.h"

namespace vgpu::conformance {
namespace {

/// The table of a libcuda.so.1: its own exports.
const DriverTable* open_library(const char* path) {
  static DriverTable table;
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  const auto find = [library](auto& slot, const char* name) {
    slot = reinterpret_cast<std::remove_reference_t<decltype(slot)>>(dlsym(library, name));
  };
#define CU_CALL(base, since, symbol, params) find(table.symbol, #symbol);
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) \
  find(table.symbol, #symbol);                                 \
  find(table.symbol##suffix, #symbol #suffix);
#include "shim/api/cuda_rows.h"
  const auto init = reinterpret_cast<CUresult (*)(unsigned)>(dlsym(library, "cuInit"));
  if (init == nullptr || init(0) != CUDA_SUCCESS)
    throw std::runtime_error(std::string(path) + ": cuInit fails");
  return &table;
}

std::vector<Kind> start_kinds() {
  std::vector<Kind> started;
  cpu_device().start({small_gpu(0), small_gpu(1)}, {});
  started.push_back({"cpu", cpu_device().table});
  if (const char* const path = std::getenv("VGPU_CONFORMANCE_LIBCUDA"))
    started.push_back({std::string("library ") + path, open_library(path)});
  return started;
}

}  // namespace

const std::vector<Kind>& kinds() {
  static const auto* const all = new std::vector<Kind>(start_kinds());
  return *all;
}

CurrentContext::CurrentContext(const DriverTable& table) : cu(table) {
  CU_OK(cuDevicePrimaryCtxRetain, &handle_, 0);
  CU_OK(cuCtxSetCurrent, handle_);
}

CurrentContext::~CurrentContext() {
  CHECK(CU(cuCtxSetCurrent, nullptr) == CUDA_SUCCESS);
  CHECK(CU(cuDevicePrimaryCtxReset_v2, 0) == CUDA_SUCCESS);
  CHECK(CU(cuDevicePrimaryCtxRelease_v2, 0) == CUDA_SUCCESS);
}

}  // namespace vgpu::conformance
