#include "shim/frontend/environment.h"

#include <cstdlib>
#include <string_view>

namespace vgpu::frontend {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

}  // namespace

DeviceChoice read_device_choice() {
  DeviceChoice choice;
  if (const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES")) choice.visible = visible;
  choice.pci_order = variable("CUDA_DEVICE_ORDER") == "PCI_BUS_ID";
  return choice;
}

DeviceOptions read_device_options() {
  DeviceOptions options;
  const char* const blocking = std::getenv("CUDA_LAUNCH_BLOCKING");
  options.launch_blocking = blocking != nullptr && std::strtol(blocking, nullptr, 10) != 0;
  options.eager_loading = variable("CUDA_MODULE_LOADING") == "EAGER";  // lazy since CUDA 11.7
  return options;
}

}  // namespace vgpu::frontend
