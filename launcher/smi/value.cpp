#include "launcher/smi/value.h"

#include <utility>

namespace vgpu::smi {
namespace {

// The words of the real program.
std::string_view reason(nvmlReturn_t result) {
  switch (static_cast<int>(result)) {
    case NVML_ERROR_NOT_SUPPORTED:
    case NVML_ERROR_FUNCTION_NOT_FOUND:
      return "N/A";
    case NVML_ERROR_DEPRECATED:
      return "Requested functionality has been deprecated";
    case NVML_ERROR_NO_PERMISSION:
      return "Insufficient Permissions";
    case NVML_ERROR_GPU_IS_LOST:
      return "GPU is lost";
    case NVML_ERROR_RESET_REQUIRED:
      return "GPU requires reset";
    default:
      return "Unknown Error";
  }
}

}  // namespace

std::string Value::shown() const {
  if (result != NVML_SUCCESS) return std::string(reason(result));
  return unit.empty() ? text : text + " " + std::string(unit);
}

std::string Value::in_csv(bool with_unit) const {
  if (result != NVML_SUCCESS) return "[" + std::string(reason(result)) + "]";
  return with_unit ? shown() : text;
}

Value known(std::string text, std::string_view unit) {
  return {NVML_SUCCESS, std::move(text), unit};
}

Value unknown(nvmlReturn_t result) { return {result, {}, {}}; }

}  // namespace vgpu::smi
