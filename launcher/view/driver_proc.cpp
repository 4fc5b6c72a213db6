#include <fmt/format.h>

#include "launcher/view/view.h"
#include "shim/abi/shared_state.h"

namespace vgpu::launcher {
namespace {

const std::string kDriver = "/proc/driver/nvidia/";

// Source: /proc/driver/nvidia/params of driver 580.159.04 with its default parameters.
constexpr const char* kParams = R"(ResmanDebugLevel: 4294967295
RmLogonRC: 1
ModifyDeviceFiles: 1
DeviceFileUID: 0
DeviceFileGID: 0
DeviceFileMode: 438
InitializeSystemMemoryAllocations: 1
UsePageAttributeTable: 4294967295
EnableMSI: 1
EnablePCIeGen3: 0
MemoryPoolSize: 0
KMallocHeapMaxSize: 0
VMallocHeapMaxSize: 0
IgnoreMMIOCheck: 0
EnableStreamMemOPs: 0
EnableUserNUMAManagement: 1
NvLinkDisable: 1
RmProfilingAdminOnly: 0
PreserveVideoMemoryAllocations: 0
EnableS0ixPowerManagement: 0
S0ixPowerManagementVideoMemoryThreshold: 256
DynamicPowerManagement: 3
DynamicPowerManagementVideoMemoryThreshold: 200
RegisterPCIDriver: 1
EnablePCIERelaxedOrderingMode: 0
EnableResizableBar: 0
EnableGpuFirmware: 18
EnableGpuFirmwareLogs: 2
RmNvlinkBandwidthLinkCount: 0
EnableDbgBreakpoint: 0
OpenRmEnableUnsupportedGpus: 1
DmaRemapPeerMmio: 1
ImexChannelCount: 2048
CreateImexChannel0: 0
GrdmaPciTopoCheckOverride: 0
CoherentGPUMemoryMode: ""
RegistryDwords: ""
RegistryDwordsPerDevice: ""
RmMsg: ""
GpuBlacklist: ""
TemporaryFilePath: ""
ExcludedGpus: ""
)";

constexpr const char* kPower = R"(Runtime D3 status:          Disabled by default
Video Memory:               Active

GPU Hardware Support:
 Video Memory Self Refresh: Not Supported
 Video Memory Off:          Not Supported

S0ix Power Management:
 Platform Support:          Not Supported
 Status:                    Disabled

Notebook Dynamic Boost:     Not Supported
)";

constexpr const char* kNoRegistry = R"(Binary: ""
)";

std::string information(const GpuProfile& gpu) {
  // What the driver prints when it cannot tell.
  const std::string vbios = gpu.vbios.empty() ? R"(??.??.??.??.??)" : gpu.vbios;
  return fmt::format(
      "Model: \t\t {}\n"
      "IRQ:   \t\t {}\n"
      "GPU UUID: \t {}\n"
      "Video BIOS: \t {}\n"
      "Bus Type: \t PCIe\n"
      "DMA Size: \t {} bits\n"
      "DMA Mask: \t {:#x}\n"
      "Bus Location: \t {}\n"
      "Device Minor: \t {}\n"
      "GPU Firmware: \t {}\n"
      "GPU Excluded:\t No\n",
      gpu.name, gpu.irq, uuid_text(gpu), vbios, gpu.dma_bits,
      (std::uint64_t{1} << (gpu.dma_bits % 64)) - 1, pci_text(gpu.pci), gpu.minor_number,
      gpu.driver_version);
}

std::string capability(unsigned minor, unsigned mode) {
  return fmt::format("DeviceFileMinor: {}\nDeviceFileMode: {}\nDeviceFileModify: 1\n", minor, mode);
}

std::string version(const std::string& driver_version) {
  return fmt::format(
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (vgpu-run)  \n"
      "GCC version:  gcc version {} \n",
      driver_version, __VERSION__);
}

/// The lines that the modules add to /proc/modules. Shape: name, size, uses, users, state, address.
std::string with_modules(std::string real) {
  if (!real.empty() && real.back() != '\n') real += '\n';
  return "nvidia_uvm 2154496 0 - Live 0x0000000000000000 (O)\n"
         "nvidia 14381056 1 nvidia_uvm, Live 0x0000000000000000 (O)\n" +
         real;
}

}  // namespace

void add_driver_proc(Rows& rows, const DeviceConfig& config, const Machine& machine,
                     const Majors& majors) {
  const auto add = [&](const std::string& path, std::string content, mode_t mode = 0444) {
    auto row = tracer::text_file(path, std::move(content), mode);
    row.why = "the driver's /proc is virtual";
    rows.push_back(std::move(row));
  };
  add(kDriver + "version", version(config.gpus.front().driver_version));
  add(kDriver + "params", kParams);
  add(kDriver + "registry", kNoRegistry);
  add(kDriver + "suspend", "suspend hibernate resume\n", 0644);
  add(kDriver + "suspend_depth", "default modeset uvm\n", 0644);
  add(kDriver + "capabilities/mig/config", capability(1, 0400));
  add(kDriver + "capabilities/mig/monitor", capability(2, 0444));
  add(kDriver + "capabilities/fabric-imex-mgmt", capability(4323, 0400));
  for (const GpuProfile& gpu : config.gpus) {
    const std::string directory = kDriver + "gpus/" + pci_text(gpu.pci) + "/";
    add(directory + "information", information(gpu));
    add(directory + "registry", kNoRegistry);
    add(directory + "power", kPower);
  }
  add("/proc/devices", merge_proc_devices(machine.proc_devices, majors));
  add("/proc/modules", with_modules(machine.proc_modules));
  add(std::string(kConfigPath), print_config(config));
  auto state = tracer::shared_file(std::string(kSharedStatePath), sizeof(SharedState));
  state.why = "what the guests use of the GPUs";
  rows.push_back(std::move(state));
}

}  // namespace vgpu::launcher
