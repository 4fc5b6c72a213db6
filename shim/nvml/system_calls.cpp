#include <algorithm>
#include <iterator>
#include <string>

#include "shim/nvml/answer.h"
#include "shim/nvml/calls.h"
#include "shim/nvml/session.h"

namespace vgpu::nvml {
namespace {

struct ErrorText {
  nvmlReturn_t code;
  const char* text;
};
constexpr ErrorText kErrors[] = {
#define VGPU_NVML_ERROR(value, name, text) {name, text},
#include "shim/abi/nvml_errors.def"
#undef VGPU_NVML_ERROR
};
static_assert(std::ranges::is_sorted(kErrors, {}, &ErrorText::code));

}  // namespace

nvmlReturn_t answer_text(std::string_view text, char* out, unsigned int room) {
  if (out == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (text.size() >= room) return NVML_ERROR_INSUFFICIENT_SIZE;
  *std::ranges::copy(text, out).out = '\0';
  return NVML_SUCCESS;
}

namespace calls {

nvmlReturn_t nvmlInit_v2() { return open_session(); }

// The flags ask for less than we need anyway: not to attach to GPUs, not to fail without any.
nvmlReturn_t nvmlInitWithFlags(unsigned int) { return open_session(); }

nvmlReturn_t nvmlShutdown() { return close_session(); }

const char* nvmlErrorString(nvmlReturn_t result) {
  const auto* const found = std::ranges::lower_bound(kErrors, result, {}, &ErrorText::code);
  const bool known = found != std::end(kErrors) && found->code == result;
  return known ? found->text : std::prev(std::end(kErrors))->text;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned int length) {
  return answer_text(config().gpus.front().driver_version, version, length);
}

// The CUDA major version stands before the driver's, e.g. 13.580.159.04.
nvmlReturn_t nvmlSystemGetNVMLVersion(char* version, unsigned int length) {
  if (config().gpus.empty()) return NVML_ERROR_DRIVER_NOT_LOADED;
  const GpuProfile& gpu = config().gpus.front();
  return answer_text(std::to_string(gpu.cuda_version / 1000) + "." + gpu.driver_version, version,
                     length);
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int* version) {
  if (version == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (config().gpus.empty()) return NVML_ERROR_LIBRARY_NOT_FOUND;
  *version = config().gpus.front().cuda_version;
  return NVML_SUCCESS;
}

// No S-class units, no excluded devices, no bridge cards.

nvmlReturn_t nvmlUnitGetCount(unsigned int* count) {
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlGetExcludedDeviceCount(unsigned int* count) { return nvmlUnitGetCount(count); }

nvmlReturn_t nvmlSystemGetHicVersion(unsigned int* count, void*) { return nvmlUnitGetCount(count); }

}  // namespace calls
}  // namespace vgpu::nvml
