#include "launcher/smi/value.h"

#include <algorithm>
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

/// Characters that turn the direction of text, or end a line.
bool is_layout(unsigned point) {
  return (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

/// How many bytes the printable character takes that `text` begins with; 0: it is none.
std::size_t printable_size(std::string_view text) {
  constexpr unsigned kSmallest[] = {0, 0, 0xa0, 0x800, 0x10000};  // below 0xa0 are controls
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= ' ' && first != 0x7f ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc0 || first > 0xf4 || size > text.size()) return 0;
  unsigned point = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
    point = point << 6U | (byte(i) & 0x3fU);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  const bool good = point >= kSmallest[size] && point <= 0x10ffff && !surrogate;
  return good && !is_layout(point) ? size : 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t size = printable_size(text);
    shown += size == 0 ? "?" : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return shown;
}

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
