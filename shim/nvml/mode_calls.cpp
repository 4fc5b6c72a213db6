// Modes and error counts, one by one and as fields.
#include <algorithm>
#include <ctime>
#include <iterator>

#include "shim/nvml/answer.h"
#include "shim/nvml/calls.h"

namespace vgpu::nvml::calls {
namespace {

bool always(const GpuProfile& /*unused*/) { return true; }
bool remaps(const GpuProfile& gpu) { return has_row_remapping(gpu); }

struct Field {
  unsigned int id;
  bool (*has)(const GpuProfile&);
  nvmlValueType_t type;
  unsigned long long value;
};
constexpr auto kUint = NVML_VALUE_TYPE_UNSIGNED_INT;
constexpr auto kLong = NVML_VALUE_TYPE_UNSIGNED_LONG_LONG;
/// The fields that are answered, NVML_FI_DEV_*: counts of what a virtual device has none of.
constexpr Field kFields[] = {
    {1, has_ecc, kUint, kNvmlEnabled},  // ECC_CURRENT
    {2, has_ecc, kUint, kNvmlEnabled},  // ECC_PENDING
    {3, has_ecc, kLong, 0},             // ECC_SBE_VOL_TOTAL
    {4, has_ecc, kLong, 0},             // ECC_DBE_VOL_TOTAL
    {5, has_ecc, kLong, 0},             // ECC_SBE_AGG_TOTAL
    {6, has_ecc, kLong, 0},             // ECC_DBE_AGG_TOTAL
    {91, always, kUint, 0},             // NVLINK_LINK_COUNT
    {142, remaps, kUint, 0},            // REMAPPED_COR
    {143, remaps, kUint, 0},            // REMAPPED_UNC
    {144, remaps, kUint, 0},            // REMAPPED_PENDING
    {145, remaps, kUint, 0},            // REMAPPED_FAILURE
    {170, always, kUint, 0},            // C2C_LINK_COUNT
    {184, has_mig, kUint, 0},           // IS_RESETLESS_MIG_SUPPORTED
};
static_assert(std::ranges::is_sorted(kFields, {}, &Field::id));

long long microseconds_since_1970() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

void answer_field(const GpuProfile& gpu, nvmlFieldValue_t& out) {
  out.timestamp = microseconds_since_1970();
  out.latencyUsec = 0;
  out.value = {};
  const auto* const row = std::ranges::lower_bound(kFields, out.fieldId, {}, &Field::id);
  if (row == std::end(kFields) || row->id != out.fieldId || !row->has(gpu)) {
    out.nvmlReturn = NVML_ERROR_NOT_SUPPORTED;
    return;
  }
  out.nvmlReturn = NVML_SUCCESS;
  out.valueType = row->type;
  if (row->type == kUint)
    out.value.uiVal = static_cast<unsigned int>(row->value);
  else
    out.value.ullVal = row->value;
}

nvmlReturn_t answer_twice(nvmlDevice_t device, unsigned int* current, unsigned int* pending,
                          bool (*has)(const GpuProfile&), unsigned int value) {
  if (pending == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const nvmlReturn_t result =
      answer_if(device, current, has, [&](const GpuProfile&) { return value; });
  if (result == NVML_SUCCESS) *pending = value;
  return result;
}

}  // namespace

nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, unsigned int* current,
                                  unsigned int* pending) {
  return answer_twice(device, current, pending, has_ecc, kNvmlEnabled);
}

nvmlReturn_t nvmlDeviceGetDefaultEccMode(nvmlDevice_t device, unsigned int* value) {
  return answer_if(device, value, has_ecc, [](const GpuProfile&) { return kNvmlEnabled; });
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int* current,
                                  unsigned int* pending) {
  return answer_twice(device, current, pending, has_mig, kNvmlDisabled);
}

// As /proc/driver/nvidia/gpus/*/information says.
nvmlReturn_t nvmlDeviceGetGspFirmwareMode(nvmlDevice_t device, unsigned int* enabled,
                                          unsigned int* standard) {
  return answer_twice(device, enabled, standard, always, kNvmlEnabled);
}

// The program's room is NVML_GSP_FIRMWARE_VERSION_BUF_SIZE.
nvmlReturn_t nvmlDeviceGetGspFirmwareVersion(nvmlDevice_t device, char* version) {
  constexpr unsigned int kRoom = 64;
  const GpuProfile* const gpu = find_gpu(device);
  return gpu == nullptr ? NVML_ERROR_INVALID_ARGUMENT
                        : answer_text(gpu->driver_version, version, kRoom);
}

nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, unsigned int type,
                                         unsigned int counter, unsigned long long* errors) {
  if (type > 1 || counter > 1) return NVML_ERROR_INVALID_ARGUMENT;
  return answer_if(device, errors, has_ecc, [](const GpuProfile&) { return 0ULL; });
}

nvmlReturn_t nvmlDeviceGetMemoryErrorCounter(nvmlDevice_t device, unsigned int type,
                                             unsigned int counter, unsigned int location,
                                             unsigned long long* errors) {
  constexpr unsigned int kDram = 2;
  constexpr unsigned int kSram = 7;
  if (type > 1 || counter > 1) return NVML_ERROR_INVALID_ARGUMENT;
  const auto has = [&](const GpuProfile& gpu) {
    return has_ecc(gpu) && (location == kDram || location == kSram);
  };
  return answer_if(device, errors, has, [](const GpuProfile&) { return 0ULL; });
}

nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t device, unsigned int* correctable,
                                       unsigned int* uncorrectable, unsigned int* pending,
                                       unsigned int* failed) {
  if (uncorrectable == nullptr || pending == nullptr || failed == nullptr)
    return NVML_ERROR_INVALID_ARGUMENT;
  const nvmlReturn_t result =
      answer_if(device, correctable, remaps, [](const GpuProfile&) { return 0U; });
  if (result == NVML_SUCCESS) *uncorrectable = *pending = *failed = 0;
  return result;
}

nvmlReturn_t nvmlDeviceGetC2cModeInfoV(nvmlDevice_t device, nvmlC2cModeInfo_v1_t* mode) {
  return answer_number(device, mode, [](const GpuProfile&) { return nvmlC2cModeInfo_v1_t{0}; });
}

nvmlReturn_t nvmlDeviceGetAddressingMode(nvmlDevice_t device, nvmlDeviceAddressingMode_v1_t* mode) {
  constexpr unsigned int kVersion = nvml_version<nvmlDeviceAddressingMode_v1_t>(1);
  if (mode == nullptr || find_gpu(device) == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (mode->version != kVersion) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  *mode = {.version = kVersion, .value = 0};
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t* values) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || count <= 0 || values == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  for (int i = 0; i < count; ++i) answer_field(*gpu, values[i]);
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device, unsigned long long* types) {
  return answer_number(device, types, [](const GpuProfile&) { return 0ULL; });
}

}  // namespace vgpu::nvml::calls
