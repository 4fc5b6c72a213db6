#pragma once

#include <cstdint>
#include <string_view>

#include "shim/abi/nvml_types.h"
#include "shim/nvml/session.h"

namespace vgpu::nvml {

/// Copies `text` with its NUL to a program's buffer.
/// Errors: NVML_ERROR_INSUFFICIENT_SIZE, and nothing is written.
nvmlReturn_t answer_text(std::string_view text, char* out, unsigned int room);

/// Answers with what `field` takes from the device's profile.
template <class Number, class Field>
nvmlReturn_t answer_number(nvmlDevice_t device, Number* out, Field field) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || out == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *out = field(*gpu);
  return NVML_SUCCESS;
}

/// The same, where only some devices have it.
template <class Number, class Has, class Field>
nvmlReturn_t answer_if(nvmlDevice_t device, Number* out, Has has, Field field) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || out == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (!has(*gpu)) return NVML_ERROR_NOT_SUPPORTED;
  *out = field(*gpu);
  return NVML_SUCCESS;
}

/// Hands over a list by NVML's rule: `count` says how many fit, and afterwards how many there are.
/// Errors: NVML_ERROR_INSUFFICIENT_SIZE, and only the count is written.
template <class List, class Item>
nvmlReturn_t answer_list(const List& list, unsigned int* count, Item* items) {
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const unsigned int room = *count;
  *count = static_cast<unsigned int>(list.size());
  if (list.size() > room) return NVML_ERROR_INSUFFICIENT_SIZE;
  if (list.empty()) return NVML_SUCCESS;
  if (items == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  for (const auto& item : list) *items++ = item;
  return NVML_SUCCESS;
}

/// A profile that says nothing of the driver's own share has none.
inline std::uint64_t total_memory(const GpuProfile& gpu) {
  return gpu.memory > gpu.memory_with_reserved ? gpu.memory : gpu.memory_with_reserved;
}

inline bool has_ecc(const GpuProfile& gpu) { return gpu.attributes[32] != 0; }

/// Only data-centre GPUs can be cut into instances.
inline bool has_mig(const GpuProfile& gpu) {
  const int capability = gpu.compute_capability();
  return capability == 80 || capability == 90 || capability == 100;
}

/// Since Ampere, faulty memory is replaced by rows, before it by pages.
inline bool has_row_remapping(const GpuProfile& gpu) {
  return has_ecc(gpu) && gpu.compute_capability() >= 80;
}

}  // namespace vgpu::nvml
