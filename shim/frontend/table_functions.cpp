#include "shim/frontend/table_functions.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "shim/frontend/entry.h"
#include "shim/frontend/export_table_list.h"
#include "shim/frontend/export_tables.h"
#include "shim/frontend/front_calls.h"
#include "shim/frontend/integrity.h"
#include "shim/frontend/process_state.h"

namespace vgpu::frontend {
namespace {

constexpr int kPciBus = 33, kPciDevice = 34, kPciDomain = 50;  // CU_DEVICE_ATTRIBUTE_PCI_*

const DeviceHooks& hooks() { return *started().device->hooks; }

// The address that the program was given for a table or one of its words.
std::uint64_t address_of_table(Table table) {
  CUuuid id;
  std::memcpy(id.bytes, kTables[static_cast<std::size_t>(table)].uuid, sizeof id.bytes);
  return reinterpret_cast<std::uintptr_t>(find_export_table(id));
}

IntegrityDevice integrity_device(const DriverTable& table, int ordinal) {
  IntegrityDevice device;
  CUuuid uuid{};
  table.cuDeviceGetUuid_v2(&uuid, ordinal);
  std::memcpy(device.uuid.data(), uuid.bytes, sizeof uuid.bytes);
  table.cuDeviceGetAttribute(&device.pci_domain, kPciDomain, ordinal);
  table.cuDeviceGetAttribute(&device.pci_bus, kPciBus, ordinal);
  table.cuDeviceGetAttribute(&device.pci_device, kPciDevice, ordinal);
  return device;
}

}  // namespace

CUresult error_log::log(const char*, int, const char*, std::va_list) { return CUDA_SUCCESS; }

CUresult cudart_interface::load_wrapper(CUmodule* module, const void* wrapper) {
  return call(Entry::cuModuleLoadData, &DriverTable::cuModuleLoadData, module, wrapper);
}

CUresult cudart_interface::load_wrapper_with(CUmodule* module, const void* wrapper, void*, void*,
                                             std::uint32_t) {
  return load_wrapper(module, wrapper);
}

CUresult cudart_interface::load_fatbin_with(const void* fatbin, CUmodule* module, void*, void*,
                                            std::uint32_t) {
  return load_wrapper(module, fatbin);  // the loader tells a wrapper from what is in it
}

// The compiler is part of the device: there is nothing to load.
CUresult cudart_interface::load_compilers() { return CUDA_SUCCESS; }

CUresult cudart_interface::primary_context(CUcontext* context, CUdevice device) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *context = hooks().primary_context(device);
  return *context != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

// The runtime reads a flag by the number of each of its functions, up to 523 in 13.0; a profiler
// would set them. They stay zero, and are writable as the real ones are.
void callback_hooks::flags(std::uint32_t** array, std::size_t* count) {
  static constinit std::uint32_t zeros[1024] = {};
  *array = zeros;
  *count = std::size(zeros);
}

// Counted 14 by the real driver; the size of an element is not known, so there is room for more.
void callback_hooks::more_flags(std::uint32_t** array, std::size_t* count) {
  static constinit std::uint32_t zeros[14 * 2] = {};
  *array = zeros;
  *count = 14;
}

CUresult tools_tls::current_context(CUcontext* context) {
  if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *context = ready_table() == nullptr ? nullptr : hooks().current_context();
  return CUDA_SUCCESS;
}

CUresult context_checks::check(CUcontext, std::uint32_t* flag, void**) {
  if (flag == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *flag = 0;
  return CUDA_SUCCESS;
}

std::uint32_t context_checks::more() { return 0; }

CUresult integrity_check::answer(std::uint32_t version, std::uint64_t seconds, std::uint64_t* out) {
  const DriverTable* const table = ready_table();
  if (table == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  IntegrityQuestion question;
  int driver_version = 0, devices = 0;
  front::cuDriverGetVersion(&driver_version);
  table->cuDeviceGetCount(&devices);
  question.driver_version = static_cast<std::uint32_t>(driver_version);
  question.version = version;
  question.process = static_cast<std::uint32_t>(::getpid());
  question.thread = static_cast<std::uint32_t>(::pthread_self());
  question.cudart_table = address_of_table(Table::CUDART_INTERFACE);
  question.integrity_table = address_of_table(Table::INTEGRITY_CHECK);
  question.integrity_function = reinterpret_cast<const std::uint64_t*>(question.integrity_table)[1];
  question.seconds = seconds;
  for (int i = 0; i < devices; ++i) question.devices.push_back(integrity_device(*table, i));
  std::ranges::copy(integrity_answer(question), out);
  return CUDA_SUCCESS;
}

CUresult tools_context::device(CUcontext context, CUdevice* device) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUdevice found = hooks().context_device(context);
  if (found < 0) return CUDA_ERROR_INVALID_CONTEXT;
  *device = found;
  return CUDA_SUCCESS;
}

CUresult tools_context::id(CUcontext context, std::uint64_t* id) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (id == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *id = hooks().context_id(context);
  return *id != 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

// The object behind a stream is only ever handed to stream_id: a handle that needs no further
// resolving does as well.
CUresult tools_context::resolve_stream(CUcontext, CUstream handle, void** stream, int per_thread) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (stream == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (handle == nullptr) handle = per_thread != 0 ? stream_per_thread() : stream_legacy();
  if (hooks().stream_id(handle, per_thread != 0) == 0) return CUDA_ERROR_INVALID_HANDLE;
  *stream = handle;
  return CUDA_SUCCESS;
}

CUresult tools_context::stream_id(CUcontext, void* stream, std::uint64_t* id) {
  if (ready_table() == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (id == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *id = hooks().stream_id(static_cast<CUstream>(stream), false);
  return *id != 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

int tools_module::each_function(CUcontext, CUmodule module, EachFunction callback, void* user) {
  if (ready_table() == nullptr || callback == nullptr) return 0;
  int count = 0;
  guarded(Entry::cuGetExportTable, [&] {
    for (CUfunction function : hooks().module_functions(module)) {
      callback(user, function, nullptr);
      ++count;
    }
    return CUDA_SUCCESS;
  });
  return count;
}

}  // namespace vgpu::frontend
