#pragma once

#include <string>

#include "launcher/smi/nvml_client.h"
#include "launcher/smi/value.h"

/// How values are asked for: what several fields have in common.
namespace vgpu::smi {

/// A name in template arguments.
template <std::size_t size>
struct Name {
  constexpr Name(const char (&name)[size]) {  // NOLINT: a literal is meant to become one
    for (std::size_t i = 0; i < size; ++i) text[i] = name[i];
  }
  char text[size]{};
};

/// A text that `function` fills in.
template <Name function>
Value text(const Nvml& nvml, const Device& device) {
  char room[256] = {};
  const nvmlReturn_t result =
      nvml.call(function.text, device.handle, &room[0], static_cast<unsigned int>(sizeof room));
  return result == NVML_SUCCESS ? known(room) : unknown(result);
}

/// A number that `function` fills in, as it is.
template <Name function, Name unit = "">
Value number(const Nvml& nvml, const Device& device) {
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call(function.text, device.handle, &value);
  return result == NVML_SUCCESS ? known(std::to_string(value), unit.text) : unknown(result);
}

/// A number that `function` tells of one of several kinds.
template <Name function, unsigned int kind, Name unit = "">
Value number_of(const Nvml& nvml, const Device& device) {
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call(function.text, device.handle, kind, &value);
  return result == NVML_SUCCESS ? known(std::to_string(value), unit.text) : unknown(result);
}

/// Power in milliwatts. Shape: "121.61 W".
template <Name function>
Value watts(const Nvml& nvml, const Device& device) {
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call(function.text, device.handle, &value);
  if (result != NVML_SUCCESS) return unknown(result);
  const std::string rest = std::to_string(value % 1000 / 10);
  return known(std::to_string(value / 1000) + (rest.size() < 2 ? ".0" : ".") + rest, "W");
}

/// One of the two words, by a number that `function` fills in.
template <Name function, Name no, Name yes>
Value either(const Nvml& nvml, const Device& device) {
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call(function.text, device.handle, &value);
  return result == NVML_SUCCESS ? known(value == 0 ? no.text : yes.text) : unknown(result);
}

/// The same of the current or the pending mode.
template <Name function, bool pending>
Value mode(const Nvml& nvml, const Device& device) {
  unsigned int modes[2] = {};
  const nvmlReturn_t result = nvml.call(function.text, device.handle, &modes[0], &modes[1]);
  if (result != NVML_SUCCESS) return unknown(result);
  return known(modes[pending ? 1 : 0] == 0 ? "Disabled" : "Enabled");
}

/// A field of nvmlDeviceGetFieldValues: its number, and what one of `per` makes of it.
template <unsigned int id, Name unit = "">
Value field(const Nvml& nvml, const Device& device) {
  nvmlFieldValue_t value{};
  value.fieldId = id;
  nvmlReturn_t result = nvml.call("nvmlDeviceGetFieldValues", device.handle, 1, &value);
  if (result == NVML_SUCCESS) result = value.nvmlReturn;
  if (result != NVML_SUCCESS) return unknown(result);
  switch (value.valueType) {
    case NVML_VALUE_TYPE_UNSIGNED_INT:
      return known(std::to_string(value.value.uiVal), unit.text);
    case NVML_VALUE_TYPE_SIGNED_INT:
      return known(std::to_string(value.value.siVal), unit.text);
    case NVML_VALUE_TYPE_UNSIGNED_LONG:
      return known(std::to_string(value.value.ulVal), unit.text);
    case NVML_VALUE_TYPE_UNSIGNED_LONG_LONG:
      return known(std::to_string(value.value.ullVal), unit.text);
    case NVML_VALUE_TYPE_SIGNED_LONG_LONG:
      return known(std::to_string(value.value.sllVal), unit.text);
    case NVML_VALUE_TYPE_UNSIGNED_SHORT:
      return known(std::to_string(value.value.usVal), unit.text);
    case NVML_VALUE_TYPE_DOUBLE:
      return known(std::to_string(value.value.dVal), unit.text);
  }
  return unknown(NVML_ERROR_UNKNOWN);
}

/// What nobody can be asked for.
inline Value not_available(const Nvml& /*unused*/, const Device& /*unused*/) {
  return unknown(NVML_ERROR_NOT_SUPPORTED);
}

}  // namespace vgpu::smi
