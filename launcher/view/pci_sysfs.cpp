#include <fmt/format.h>

#include "launcher/view/cpu_list.h"
#include "launcher/view/pci_config.h"
#include "launcher/view/view.h"

namespace vgpu::launcher {
namespace {

constexpr unsigned kResources = 7;  // six windows and the ROM
/// IORESOURCE_MEM | _PREFETCH | _SIZEALIGN | _MEM_64 and the like. Source: sysfs of an H100.
constexpr unsigned kResourceFlags = 0x14220c;

struct Ids {
  explicit Ids(const GpuProfile& gpu)
      : vendor(gpu.pci_device_id & 0xffffU),
        device(gpu.pci_device_id >> 16U),
        sub_vendor(gpu.pci_subsystem_id & 0xffffU),
        sub_device(gpu.pci_subsystem_id >> 16U) {}
  unsigned vendor, device, sub_vendor, sub_device;
};

std::string modalias(const GpuProfile& gpu) {
  const Ids ids(gpu);
  return fmt::format("pci:v{:08X}d{:08X}sv{:08X}sd{:08X}bc{:02X}sc{:02X}i{:02X}", ids.vendor,
                     ids.device, ids.sub_vendor, ids.sub_device, gpu.pci_class >> 16U & 0xffU,
                     gpu.pci_class >> 8U & 0xffU, gpu.pci_class & 0xffU);
}

std::string uevent(const GpuProfile& gpu) {
  const Ids ids(gpu);
  return fmt::format(
      "DRIVER=nvidia\nPCI_CLASS={:X}\nPCI_ID={:04X}:{:04X}\nPCI_SUBSYS_ID={:04X}:{:04X}\n"
      "PCI_SLOT_NAME={}\nMODALIAS={}\n",
      gpu.pci_class, ids.vendor, ids.device, ids.sub_vendor, ids.sub_device, pci_text(gpu.pci),
      modalias(gpu));
}

std::string resource(const GpuProfile& gpu) {
  const auto bars = bars_of(gpu);
  std::string lines;
  for (std::size_t i = 0; i < kResources; ++i) {
    const bool used = i < bars.size() && bars[i].size != 0;
    const std::uint64_t start = used ? bars[i].start : 0;
    const std::uint64_t end = used ? bars[i].start + bars[i].size - 1 : 0;
    lines += fmt::format("{:#018x} {:#018x} {:#018x}\n", start, end, used ? kResourceFlags : 0);
  }
  return lines;
}

/// One GPU's directory, /sys/devices/pciDDDD:00/ADDRESS.
class DeviceDirectory {
 public:
  DeviceDirectory(Rows& rows, const GpuProfile& gpu)
      : rows_(rows),
        address_(pci_text(gpu.pci)),
        root_(fmt::format("devices/pci{:04x}:00/{}", gpu.pci.domain, address_)) {}

  const std::string& address() const noexcept { return address_; }
  const std::string& root() const noexcept { return root_; }

  void add(const std::string& name, std::string content, mode_t mode = 0444) {
    auto row = tracer::text_file("/sys/" + root_ + "/" + name, std::move(content), mode);
    row.why = "the GPU's sysfs is virtual";
    rows_.push_back(std::move(row));
  }

  void link(const std::string& name, const std::string& target) {
    rows_.push_back(tracer::virtual_symlink("/sys/" + root_ + "/" + name, target));
  }

 private:
  Rows& rows_;
  std::string address_;
  std::string root_;
};

void fill(DeviceDirectory& directory, const GpuProfile& gpu, const Machine& machine) {
  const Ids ids(gpu);
  const auto line = [](auto format, auto value) {
    return fmt::format(fmt::runtime(format), value);
  };
  directory.add("vendor", line("{:#06x}\n", ids.vendor));
  directory.add("device", line("{:#06x}\n", ids.device));
  directory.add("subsystem_vendor", line("{:#06x}\n", ids.sub_vendor));
  directory.add("subsystem_device", line("{:#06x}\n", ids.sub_device));
  directory.add("class", line("{:#08x}\n", gpu.pci_class));
  directory.add("revision", line("{:#04x}\n", gpu.pci_revision));
  directory.add("modalias", modalias(gpu) + "\n");
  directory.add("uevent", uevent(gpu), 0644);
  directory.add("irq", line("{}\n", gpu.irq));
  directory.add("resource", resource(gpu));
  directory.add("config", pci_config_space(gpu), 0644);
  directory.add("enable", "1\n", 0644);
  directory.add("power_state", "D0\n");
  directory.add("numa_node", "-1\n", 0644);
  directory.add("local_cpulist", machine.cpus + "\n");
  directory.add("local_cpus", cpu_mask(machine.cpus) + "\n");
  directory.add("current_link_speed", link_speed(gpu.pcie_generation) + "\n");
  directory.add("max_link_speed", link_speed(gpu.pcie_generation) + "\n");
  directory.add("current_link_width", line("{}\n", gpu.pcie_width));
  directory.add("max_link_width", line("{}\n", gpu.pcie_width));
  directory.add("dma_mask_bits", line("{}\n", gpu.dma_bits));
  directory.add("consistent_dma_mask_bits", line("{}\n", gpu.dma_bits));
  directory.add("driver_override", "(null)\n", 0644);
  directory.add("msi_bus", "1\n", 0644);
  directory.link("driver", "../../../bus/pci/drivers/nvidia");
  directory.link("subsystem", "../../../bus/pci");
}

}  // namespace

void add_pci_sysfs(Rows& rows, const DeviceConfig& config, const Machine& machine) {
  using tracer::text_file;
  using tracer::virtual_symlink;
  for (const GpuProfile& gpu : config.gpus) {
    DeviceDirectory directory(rows, gpu);
    fill(directory, gpu, machine);
    const std::string& address = directory.address();
    rows.push_back(
        virtual_symlink("/sys/bus/pci/devices/" + address, "../../../" + directory.root()));
    rows.push_back(virtual_symlink("/sys/bus/pci/drivers/nvidia/" + address,
                                   "../../../../" + directory.root()));
  }
  rows.push_back(
      virtual_symlink("/sys/bus/pci/drivers/nvidia/module", "../../../../module/nvidia"));
  rows.push_back(
      virtual_symlink("/sys/module/nvidia/drivers/pci:nvidia", "../../../bus/pci/drivers/nvidia"));
  const std::string version = config.gpus.front().driver_version + "\n";
  for (const char* module : {"nvidia", "nvidia_uvm"}) {
    const std::string directory = std::string("/sys/module/") + module + "/";
    rows.push_back(text_file(directory + "version", version));
    rows.push_back(text_file(directory + "initstate", "live\n"));
    rows.push_back(text_file(directory + "refcnt", "0\n"));
  }
}

}  // namespace vgpu::launcher
