#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu {

/// Highest CUdevice_attribute that driver 580 (CUDA 13.0) knows, plus one.
/// Source: measured on an H100, driver 580.159.04: 148 and up are CUDA_ERROR_INVALID_VALUE.
inline constexpr int kDeviceAttributeCount = 148;

struct PciAddress {
  std::uint32_t domain = 0;
  std::uint8_t bus = 1;
  std::uint8_t device = 0;
  bool operator==(const PciAddress&) const = default;
};

/// One virtual GPU, complete: every view of it (CUDA attributes, NVML, /proc, /sys, nvidia-smi)
/// is made from these fields and nothing else.
struct GpuProfile {
  std::string key;   ///< the profile's name on the command line, e.g. "t4"
  std::string name;  ///< product name, e.g. "Tesla T4"
  std::array<std::uint8_t, 16> uuid{};
  PciAddress pci;
  std::uint32_t pci_device_id = 0;     ///< (device << 16) | vendor, as NVML's pciDeviceId
  std::uint32_t pci_subsystem_id = 0;  ///< (device << 16) | vendor
  std::uint64_t memory = 0;            ///< Units: bytes, as cuDeviceTotalMem reports
  std::string driver_version;          ///< e.g. "580.159.04"
  int cuda_version = 13000;            ///< cuDriverGetVersion
  /// CUdevice_attribute -> value. Compute capability is attributes 75 and 76, multiprocessors 16.
  std::array<std::int32_t, kDeviceAttributeCount> attributes{};

  /// What NVML and nvidia-smi call total memory: `memory` plus what the driver keeps for itself.
  std::uint64_t memory_with_reserved = 0;
  std::string vbios;                    ///< "96.00.da.00.0c"
  std::uint32_t pci_class = 0x030200;   ///< 24 bits, as sysfs shows: 0x030200 3D, 0x030000 VGA
  std::uint32_t pci_revision = 0xa1;    ///< 8 bits
  std::uint32_t pcie_generation = 3;    ///< of the link, 1 to 6
  std::uint32_t pcie_width = 16;        ///< lanes
  std::uint64_t bar1_size = 268435456;  ///< Units: bytes; the window that the host maps memory by
  std::uint32_t dma_bits = 47;          ///< width of the addresses that the device can master
  std::uint32_t irq = 0;
  std::uint32_t minor_number = 0;  ///< N of /dev/nvidiaN

  int compute_capability() const noexcept { return attributes[75] * 10 + attributes[76]; }
  bool operator==(const GpuProfile&) const = default;
};

/// Returns "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", lower case.
std::string uuid_text(const GpuProfile& gpu);

/// Returns "dddd:bb:dd.0" (domain in four digits, lower-case hexadecimal).
std::string pci_text(const PciAddress& pci);

/// A GPU's number in what processes share, never 0: its place on the PCI bus, which all agree on.
std::uint64_t gpu_key(const GpuProfile& gpu) noexcept;

/// Returns the CUdevice_attribute's name without its prefix, e.g. "WARP_SIZE"; empty if there is
/// no such attribute.
std::string_view attribute_name(int attribute) noexcept;

/// Sets the field that print_config writes as `key` from the text that it writes as the value
/// ("attribute.WARP_SIZE" is one field each). Returns false if there is no such field.
/// Errors: std::runtime_error for a value that does not fit the field.
bool set_field(GpuProfile& gpu, std::string_view key, std::string_view value);

/// The virtual file through which the launcher's profiles reach the shim in every guest.
inline constexpr std::string_view kConfigPath = "/proc/driver/vgpu-run/config";

/// The configuration as the shim reads it.
struct DeviceConfig {
  std::string device = "cpu";       ///< which device computes
  std::vector<GpuProfile> gpus;     ///< in PCI bus order
  bool report_unsupported = false;  ///< list at exit what was asked for and is not implemented
  bool show_messages = false;       ///< say on standard error what takes long or does not fit
  bool show_statistics = false;     ///< say there at a process's end what was compiled
  bool operator==(const DeviceConfig&) const = default;
};

/// Renders `config` as text: parse_config(print_config(c)) == c.
std::string print_config(const DeviceConfig& config);

/// Parses what print_config wrote. Errors: std::runtime_error naming line and key; never anything
/// else, whatever the bytes.
DeviceConfig parse_config(std::string_view text);

}  // namespace vgpu
