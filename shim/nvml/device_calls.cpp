#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "shim/nvml/answer.h"
#include "shim/nvml/calls.h"
#include "shim/nvml/session.h"

namespace vgpu::nvml::calls {
namespace {

// The first GPU that `matches`, as a handle.
template <class Predicate>
nvmlReturn_t find_handle(nvmlDevice_t* device, Predicate matches) {
  for (unsigned int i = 0; const GpuProfile* gpu = find_gpu(i); ++i) {
    if (!matches(*gpu)) continue;
    *device = handle_of(i);
    return NVML_SUCCESS;
  }
  return NVML_ERROR_NOT_FOUND;
}

// Takes a hexadecimal number off the front, and the separator behind it.
std::optional<std::uint32_t> take_hex(std::string_view& text, char separator) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (separator == '\0') return value;
  if (!text.starts_with(separator)) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

// "domain:bus:device.function"; the domain may have any number of digits.
std::optional<PciAddress> parse_pci(std::string_view text) {
  const auto domain = take_hex(text, ':');
  const auto bus = domain ? take_hex(text, ':') : std::nullopt;
  const auto device = bus ? take_hex(text, '.') : std::nullopt;
  const auto function = device ? take_hex(text, '\0') : std::nullopt;
  if (!function || *function != 0 || !text.empty() || *bus > 0xff || *device > 0x1f)
    return std::nullopt;
  return PciAddress{*domain, static_cast<std::uint8_t>(*bus), static_cast<std::uint8_t>(*device)};
}

template <std::size_t size>
void print_pci(char (&out)[size], const PciAddress& pci, int domain_digits) {
  static_cast<void>(
      std::snprintf(out, size, "%0*X:%02X:%02X.0", domain_digits, pci.domain, pci.bus, pci.device));
}

// The part that all versions of the structure have.
template <class Info>
nvmlReturn_t fill_pci(nvmlDevice_t device, Info* info) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || info == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  std::memset(info, 0, sizeof *info);
  info->domain = gpu->pci.domain;
  info->bus = gpu->pci.bus;
  info->device = gpu->pci.device;
  info->pciDeviceId = gpu->pci_device_id;
  if constexpr (requires { info->pciSubSystemId; }) info->pciSubSystemId = gpu->pci_subsystem_id;
  if constexpr (requires { info->busIdLegacy; }) print_pci(info->busIdLegacy, gpu->pci, 4);
  constexpr std::size_t kRoomForLongDomain = 32;
  print_pci(info->busId, gpu->pci, sizeof info->busId < kRoomForLongDomain ? 4 : 8);
  return NVML_SUCCESS;
}

}  // namespace

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int* count) {
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = static_cast<unsigned int>(config().gpus.size());
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t* device) {
  if (device == nullptr || find_gpu(index) == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *device = handle_of(index);
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char* uuid, nvmlDevice_t* device) {
  if (uuid == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  return find_handle(device, [&](const GpuProfile& gpu) { return uuid_text(gpu) == uuid; });
}

nvmlReturn_t nvmlDeviceGetHandleByUUIDV(const nvmlUUID_v1_t* uuid, nvmlDevice_t* device) {
  if (uuid == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (uuid->version != nvml_version<nvmlUUID_v1_t>(1)) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  constexpr unsigned int kText = 1;
  constexpr unsigned int kBytes = 2;
  if (uuid->type != kText && uuid->type != kBytes) return NVML_ERROR_INVALID_ARGUMENT;
  return find_handle(device, [&](const GpuProfile& gpu) {
    if (uuid->type == kBytes) return std::ranges::equal(gpu.uuid, uuid->value.bytes);
    const char* const text = uuid->value.str;
    return uuid_text(gpu) == std::string_view(text, ::strnlen(text, sizeof uuid->value.str));
  });
}

// A virtual board has no serial number, so none is ever found.
nvmlReturn_t nvmlDeviceGetHandleBySerial(const char* serial, nvmlDevice_t* device) {
  const bool valid = serial != nullptr && device != nullptr;
  return valid ? NVML_ERROR_NOT_FOUND : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* id, nvmlDevice_t* device) {
  if (id == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const auto address = parse_pci(id);
  if (!address) return NVML_ERROR_NOT_FOUND;
  return find_handle(device, [&](const GpuProfile& gpu) { return gpu.pci == *address; });
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char* name, unsigned int length) {
  const GpuProfile* const gpu = find_gpu(device);
  return gpu == nullptr ? NVML_ERROR_INVALID_ARGUMENT : answer_text(gpu->name, name, length);
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char* uuid, unsigned int length) {
  const GpuProfile* const gpu = find_gpu(device);
  return gpu == nullptr ? NVML_ERROR_INVALID_ARGUMENT : answer_text(uuid_text(*gpu), uuid, length);
}

nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_v1_t* pci) {
  return fill_pci(device, pci);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_v2_t* pci) {
  return fill_pci(device, pci);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return fill_pci(device, pci);
}

nvmlReturn_t nvmlDeviceGetPciInfoExt(nvmlDevice_t device, nvmlPciInfoExt_v1_t* pci) {
  constexpr unsigned int kVersion = nvml_version<nvmlPciInfoExt_v1_t>(1);
  if (pci != nullptr && pci->version != kVersion) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  const nvmlReturn_t result = fill_pci(device, pci);
  if (result != NVML_SUCCESS) return result;
  const GpuProfile& gpu = *find_gpu(device);
  pci->version = kVersion;
  pci->baseClass = gpu.pci_class >> 16U & 0xffU;
  pci->subClass = gpu.pci_class >> 8U & 0xffU;
  return result;
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int* major, int* minor) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || major == nullptr || minor == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *major = gpu->compute_capability() / 10;
  *minor = gpu->compute_capability() % 10;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int* index) {
  const bool valid = index != nullptr && find_gpu(device, index) != nullptr;
  return valid ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned int* minor) {
  return answer_number(device, minor, [](const GpuProfile& gpu) { return gpu.minor_number; });
}

nvmlReturn_t nvmlDeviceGetVbiosVersion(nvmlDevice_t device, char* version, unsigned int length) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (gpu->vbios.empty()) return NVML_ERROR_NOT_SUPPORTED;
  std::string shown = gpu->vbios;  // here in capitals, unlike in /proc
  for (char& c : shown)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return answer_text(shown, version, length);
}

}  // namespace vgpu::nvml::calls
