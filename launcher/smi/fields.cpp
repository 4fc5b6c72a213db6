#include "launcher/smi/fields.h"

#include <algorithm>
#include <cctype>
#include <ctime>

#include "launcher/smi/getters.h"
#include "launcher/smi/kinds.h"

namespace vgpu::smi {
namespace {

std::string formatted_time(const char* format) {
  const time_t now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  char room[64] = {};
  const std::size_t size = ::strftime(room, sizeof room, format, &local);
  return {room, size};
}

std::string hex(unsigned int value, int digits) { return printed("%0*X", digits, value); }

Value timestamp(const Nvml& /*unused*/, const Device& /*unused*/) { return known(csv_timestamp()); }

Value driver_version(const Nvml& nvml, const Device& /*unused*/) {
  char room[96] = {};
  const nvmlReturn_t result = nvml.call("nvmlSystemGetDriverVersion", &room[0], 96U);
  return result == NVML_SUCCESS ? known(room) : unknown(result);
}

Value count(const Nvml& nvml, const Device& /*unused*/) {
  unsigned int devices = 0;
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetCount_v2", &devices);
  return result == NVML_SUCCESS ? known(std::to_string(devices)) : unknown(result);
}

/// What `print` makes of the PCI information.
template <auto print>
Value pci(const Nvml& nvml, const Device& device) {
  nvmlPciInfo_t info{};
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetPciInfo_v3", device.handle, &info);
  return result == NVML_SUCCESS ? known(print(info)) : unknown(result);
}
std::string bus_id(const nvmlPciInfo_t& info) { return info.busId; }
std::string domain(const nvmlPciInfo_t& info) { return "0x" + hex(info.domain, 4); }
std::string bus(const nvmlPciInfo_t& info) { return "0x" + hex(info.bus, 2); }
std::string pci_device(const nvmlPciInfo_t& info) { return "0x" + hex(info.device, 2); }
std::string device_id(const nvmlPciInfo_t& info) { return "0x" + hex(info.pciDeviceId, 8); }
std::string sub_system(const nvmlPciInfo_t& info) { return "0x" + hex(info.pciSubSystemId, 8); }

template <unsigned int nvmlPciInfoExt_v1_t::*member>
Value pci_class(const Nvml& nvml, const Device& device) {
  nvmlPciInfoExt_v1_t info{};
  info.version = nvml_version<nvmlPciInfoExt_v1_t>(1);
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetPciInfoExt", device.handle, &info);
  return result == NVML_SUCCESS ? known("0x" + hex(info.*member, 1)) : unknown(result);
}

std::string mebibytes(unsigned long long bytes) { return std::to_string(bytes >> 20U); }

template <unsigned long long nvmlMemory_v2_t::*member>
Value memory(const Nvml& nvml, const Device& device) {
  nvmlMemory_v2_t info{};
  info.version = kNvmlMemoryV2;
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetMemoryInfo_v2", device.handle, &info);
  if (result != NVML_SUCCESS) return unknown(result);
  return known(mebibytes(info.*member), "MiB");
}

template <unsigned long long nvmlBAR1Memory_t::*member>
Value bar1(const Nvml& nvml, const Device& device) {
  nvmlBAR1Memory_t info{};
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetBAR1MemoryInfo", device.handle, &info);
  return result == NVML_SUCCESS ? known(mebibytes(info.*member), "MiB") : unknown(result);
}

template <unsigned long long nvmlMemory_t::*member>
Value protected_memory(const Nvml& nvml, const Device& device) {
  nvmlMemory_t info{};
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetConfComputeProtectedMemoryUsage", device.handle, &info);
  return result == NVML_SUCCESS ? known(mebibytes(info.*member), "MiB") : unknown(result);
}

template <unsigned int nvmlUtilization_t::*member>
Value utilization(const Nvml& nvml, const Device& device) {
  nvmlUtilization_t rates{};
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetUtilizationRates", device.handle, &rates);
  return result == NVML_SUCCESS ? known(std::to_string(rates.*member), "%") : unknown(result);
}

template <Name function>
Value engine(const Nvml& nvml, const Device& device) {
  unsigned int percent = 0;
  unsigned int period = 0;
  const nvmlReturn_t result = nvml.call(function.text, device.handle, &percent, &period);
  return result == NVML_SUCCESS ? known(std::to_string(percent), "%") : unknown(result);
}

template <int which>
Value encoder(const Nvml& nvml, const Device& device) {
  unsigned int stats[3] = {};
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetEncoderStats", device.handle, &stats[0], &stats[1], &stats[2]);
  return result == NVML_SUCCESS ? known(std::to_string(stats[which])) : unknown(result);
}

template <unsigned int nvmlFBCStats_t::*member>
Value capture(const Nvml& nvml, const Device& device) {
  nvmlFBCStats_t stats{};
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetFBCStats", device.handle, &stats);
  return result == NVML_SUCCESS ? known(std::to_string(stats.*member)) : unknown(result);
}

/// Errors: corrected 0 or uncorrected 1, volatile 0 or aggregate 1, NVML_MEMORY_LOCATION_*.
template <unsigned int type, unsigned int counter, unsigned int location>
Value ecc(const Nvml& nvml, const Device& device) {
  unsigned long long errors = 0;
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetMemoryErrorCounter", device.handle, type, counter, location, &errors);
  return result == NVML_SUCCESS ? known(std::to_string(errors)) : unknown(result);
}

template <unsigned int type, unsigned int counter>
Value ecc_total(const Nvml& nvml, const Device& device) {
  unsigned long long errors = 0;
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetTotalEccErrors", device.handle, type, counter, &errors);
  return result == NVML_SUCCESS ? known(std::to_string(errors)) : unknown(result);
}

template <int which>
Value remapped(const Nvml& nvml, const Device& device) {
  unsigned int rows[4] = {};
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetRemappedRows", device.handle, &rows[0], &rows[1], &rows[2], &rows[3]);
  if (result != NVML_SUCCESS) return unknown(result);
  constexpr int kFirstAnswer = 2;  // before it are numbers
  if (which < kFirstAnswer) return known(std::to_string(rows[which]));
  return known(rows[which] == 0 ? "No" : "Yes");
}

template <unsigned long long bit>
Value reason(const Nvml& nvml, const Device& device) {
  unsigned long long reasons = 0;
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetCurrentClocksEventReasons", device.handle, &reasons);
  if (result != NVML_SUCCESS) return unknown(result);
  return known((reasons & bit) != 0 ? "Active" : "Not Active");
}

template <Name function>
Value reasons(const Nvml& nvml, const Device& device) {
  unsigned long long set = 0;
  const nvmlReturn_t result = nvml.call(function.text, device.handle, &set);
  const std::string room = printed("0x%016llX", set);
  return result == NVML_SUCCESS ? known(room) : unknown(result);
}

template <unsigned int id>
Value field_watts(const Nvml& nvml, const Device& device) {
  Value value = field<id>(nvml, device);
  if (value.result != NVML_SUCCESS) return value;
  const std::string room = printed("%.2f", std::stod(value.text) / 1000);
  return known(room, "W");
}

template <int which>
Value power_limits(const Nvml& nvml, const Device& device) {
  unsigned int limits[2] = {};
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetPowerManagementLimitConstraints",
                                        device.handle, &limits[0], &limits[1]);
  const std::string room = printed("%.2f", limits[which] / 1000.0);
  return result == NVML_SUCCESS ? known(room, "W") : unknown(result);
}

Value fan_speed(const Nvml& nvml, const Device& device) {
  return number<"nvmlDeviceGetFanSpeed", "%">(nvml, device);
}

Value index(const Nvml& /*unused*/, const Device& device) {
  return known(std::to_string(device.index));
}

template <unsigned int object>
Value inforom(const Nvml& nvml, const Device& device) {
  char room[32] = {};
  const nvmlReturn_t result =
      nvml.call("nvmlDeviceGetInforomVersion", device.handle, object, &room[0], 32U);
  return result == NVML_SUCCESS ? known(room) : unknown(result);
}

template <unsigned int type, unsigned int id>
Value clock(const Nvml& nvml, const Device& device) {
  unsigned int value = 0;
  const nvmlReturn_t result = nvml.call("nvmlDeviceGetClock", device.handle, type, id, &value);
  return result == NVML_SUCCESS ? known(std::to_string(value), "MHz") : unknown(result);
}

template <unsigned int direction>
Value throughput(const Nvml& nvml, const Device& device) {
  return number_of<"nvmlDeviceGetPcieThroughput", direction, "KB/s">(nvml, device);
}

Value lanes(const Nvml& nvml, const Device& device) {
  return number<"nvmlDeviceGetCurrPcieLinkWidth">(nvml, device);
}

/// Shape: "16x".
template <Name function>
Value width(const Nvml& nvml, const Device& device) {
  Value value = number<function>(nvml, device);
  value.text += "x";
  return value;
}

constexpr Field kFields[] = {
#define SMI_FIELD(name, alias, unit, get, help) {name, alias, unit, get, help},
#include "launcher/smi/fields.def"
#undef SMI_FIELD
};

}  // namespace

std::span<const Field> gpu_fields() { return kFields; }

const Field* find_field(std::string_view name) {
  for (const Field& row : kFields)
    if (row.name == name || (!row.alias.empty() && row.alias == name)) return &row;
  return nullptr;
}

Value field_value(const Nvml& nvml, const Device& device, std::string_view name) {
  const Field* const row = find_field(name);
  return row == nullptr ? unknown(NVML_ERROR_UNKNOWN) : row->get(nvml, device);
}

std::string csv_timestamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  constexpr long kNanosecondsInMillisecond = 1'000'000;
  const std::string room = printed(".%03ld", now.tv_nsec / kNanosecondsInMillisecond);
  return formatted_time("%Y/%m/%d %H:%M:%S") + room;
}

std::string log_timestamp() { return formatted_time("%a %b %e %H:%M:%S %Y"); }

}  // namespace vgpu::smi
