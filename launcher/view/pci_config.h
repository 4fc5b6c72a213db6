#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "shim/abi/profile.h"

namespace vgpu::launcher {

/// One memory window of a PCI device.
struct Bar {
  std::uint64_t start = 0;
  std::uint64_t size = 0;  ///< 0: there is no such window
};

/// The six windows of a GPU, of which a 64-bit one takes two places. Each GPU has its own TiB.
std::array<Bar, 6> bars_of(const GpuProfile& gpu);

/// Returns the 256 bytes of PCI configuration space, as sysfs `config` has them.
std::string pci_config_space(const GpuProfile& gpu);

/// Returns the speed of a link of this generation as sysfs words it: "16.0 GT/s PCIe".
std::string link_speed(std::uint32_t generation);

}  // namespace vgpu::launcher
