#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shim/abi/nvml_types.h"

namespace vgpu::smi {

/// The NVML library of the system, whoever made it: opened by its name, used by its public
/// functions. A function that it has not answers NVML_ERROR_FUNCTION_NOT_FOUND.
class Nvml {
 public:
  /// Opens the library and initialises it. What went wrong is in result().
  Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml();

  nvmlReturn_t result() const noexcept { return result_; }

  template <class... Args>
  nvmlReturn_t call(const char* function, Args... args) const {
    using Function = nvmlReturn_t (*)(Args...);
    const auto address = reinterpret_cast<Function>(find(function));
    return address == nullptr ? NVML_ERROR_FUNCTION_NOT_FOUND : address(args...);
  }

  std::string error_text(nvmlReturn_t result) const;

 private:
  void* find(const char* function) const noexcept;

  void* library_ = nullptr;
  nvmlReturn_t result_ = NVML_ERROR_LIBRARY_NOT_FOUND;
};

/// A device, and its place among all.
struct Device {
  nvmlDevice_t handle = nullptr;
  unsigned int index = 0;
};

/// What was asked for on the command line stands for these devices: an index, a UUID, a serial
/// number or a PCI bus id each, separated by commas; empty means all.
std::vector<Device> find_devices(const Nvml& nvml, std::string_view chosen);

}  // namespace vgpu::smi
