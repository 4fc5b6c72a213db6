#include "launcher/view/pci_config.h"

#include <linux/pci_regs.h>

#include <algorithm>

namespace vgpu::launcher {
namespace {

constexpr std::size_t kConfigSize = 256;
constexpr std::size_t kPowerCapability = 0x60;
constexpr std::size_t kExpressCapability = 0x78;
constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kTiB = std::uint64_t{1} << 40U;

/// Little-endian fields at fixed offsets. Source: linux/pci_regs.h.
class ConfigSpace {
 public:
  template <typename T>
  void put(std::size_t offset, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes_[offset + i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_ = std::string(kConfigSize, '\0');
};

}  // namespace

std::array<Bar, 6> bars_of(const GpuProfile& gpu) {
  const std::uint64_t start = (16 + std::uint64_t{gpu.minor_number}) * kTiB;
  const std::uint64_t registers = 16 * kMiB;
  const std::uint64_t instance = 32 * kMiB;
  const std::uint64_t second = start + gpu.bar1_size;
  return {Bar{second + instance, registers},
          Bar{},
          Bar{start, gpu.bar1_size},
          Bar{},
          Bar{second, instance},
          Bar{}};
}

std::string pci_config_space(const GpuProfile& gpu) {
  ConfigSpace space;
  space.put(PCI_VENDOR_ID, static_cast<std::uint16_t>(gpu.pci_device_id));
  space.put(PCI_DEVICE_ID, static_cast<std::uint16_t>(gpu.pci_device_id >> 16U));
  space.put(PCI_COMMAND, static_cast<std::uint16_t>(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER));
  space.put(PCI_STATUS, static_cast<std::uint16_t>(PCI_STATUS_CAP_LIST));
  space.put(PCI_CLASS_REVISION, gpu.pci_class << 8U | gpu.pci_revision);
  const std::array<Bar, 6> bars = bars_of(gpu);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (bars[i].size == 0) continue;
    const std::uint64_t flags = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH;
    space.put(PCI_BASE_ADDRESS_0 + 4 * i, bars[i].start | flags);
  }
  space.put(PCI_SUBSYSTEM_VENDOR_ID, static_cast<std::uint16_t>(gpu.pci_subsystem_id));
  space.put(PCI_SUBSYSTEM_ID, static_cast<std::uint16_t>(gpu.pci_subsystem_id >> 16U));
  space.put(PCI_CAPABILITY_LIST, static_cast<std::uint8_t>(kPowerCapability));
  space.put(PCI_INTERRUPT_LINE, static_cast<std::uint8_t>(std::min(gpu.irq, 0xffU)));
  space.put(PCI_INTERRUPT_PIN, std::uint8_t{1});

  constexpr std::uint16_t kVersion3 = 3;
  space.put(kPowerCapability, static_cast<std::uint8_t>(PCI_CAP_ID_PM));
  space.put(kPowerCapability + 1, static_cast<std::uint8_t>(kExpressCapability));
  space.put(kPowerCapability + PCI_PM_PMC, kVersion3);

  constexpr std::uint16_t kVersion2 = 2;
  const std::uint32_t link = gpu.pcie_generation | gpu.pcie_width << 4U;
  space.put(kExpressCapability, static_cast<std::uint8_t>(PCI_CAP_ID_EXP));
  space.put(kExpressCapability + PCI_EXP_FLAGS, kVersion2);
  space.put(kExpressCapability + PCI_EXP_LNKCAP, link);
  space.put(kExpressCapability + PCI_EXP_LNKSTA, static_cast<std::uint16_t>(link));
  space.put(kExpressCapability + PCI_EXP_LNKCTL2, static_cast<std::uint16_t>(gpu.pcie_generation));
  return space.take();
}

std::string link_speed(std::uint32_t generation) {
  constexpr const char* kSpeeds[] = {"2.5", "5.0", "8.0", "16.0", "32.0", "64.0"};
  const std::size_t index = std::clamp<std::uint32_t>(generation, 1, std::size(kSpeeds)) - 1;
  return std::string(kSpeeds[index]) + " GT/s PCIe";
}

}  // namespace vgpu::launcher
