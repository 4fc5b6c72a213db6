#pragma once

#include <optional>
#include <string>

#include "shim/api/device.h"

namespace vgpu::frontend {

/// Which devices the program's environment wants to see, and in which order.
struct DeviceChoice {
  std::optional<std::string> visible;  ///< CUDA_VISIBLE_DEVICES; set and empty means none
  bool pci_order = false;              ///< CUDA_DEVICE_ORDER=PCI_BUS_ID
};

/// Reads the environment as it is at this moment: the real driver does so in cuInit.
DeviceChoice read_device_choice();
DeviceOptions read_device_options();

}  // namespace vgpu::frontend
