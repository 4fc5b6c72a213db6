// Who uses a device, how much of its memory, and how much of its time.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <type_traits>
#include <vector>

#include "shim/nvml/answer.h"
#include "shim/nvml/calls.h"
#include "shim/nvml/surroundings.h"
#include "shim/shared/gpu_usage.h"

namespace vgpu::nvml::calls {
namespace {

constexpr unsigned int kPeriod = 1'000'000;  ///< Units: microseconds; what utilisation is about

/// The processes that can be named: who is in a PID namespace that the caller does not see has no
/// number there. One process is listed once, whatever the table says.
std::vector<nvmlProcessInfo_v2_t> processes_on(const GpuProfile& gpu) {
  std::vector<nvmlProcessInfo_v2_t> found;
  for (const SharedTable::Use& use : session_table().uses_of(gpu_key(gpu))) {
    const auto pid = static_cast<unsigned int>(use.pid);
    if (pid == 0) continue;
    const std::uint64_t used = used_memory(*use.slot, gpu.memory);
    const auto known = std::ranges::find(found, pid, &nvmlProcessInfo_v2_t::pid);
    if (known == found.end())
      found.push_back({.pid = pid,
                       .usedGpuMemory = used,
                       .gpuInstanceId = kNvmlNoInstance,
                       .computeInstanceId = kNvmlNoInstance});
    else
      known->usedGpuMemory = std::min<unsigned long long>(gpu.memory, known->usedGpuMemory + used);
  }
  std::ranges::sort(found, {}, &nvmlProcessInfo_v2_t::pid);
  return found;
}

template <class Info>
nvmlReturn_t answer_processes(nvmlDevice_t device, unsigned int* count, Info* infos) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  std::vector<Info> list;
  for (const nvmlProcessInfo_v2_t& process : processes_on(*gpu)) {
    if constexpr (std::is_same_v<Info, nvmlProcessInfo_v1_t>)
      list.push_back({.pid = process.pid, .usedGpuMemory = process.usedGpuMemory});
    else
      list.push_back(process);
  }
  return answer_list(list, count, infos);
}

nvmlReturn_t answer_none(nvmlDevice_t device, unsigned int* count) {
  return answer_number(device, count, [](const GpuProfile&) { return 0U; });
}

std::uint64_t clock_time(clockid_t clock, std::uint64_t units_in_second) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * units_in_second +
         static_cast<std::uint64_t>(now.tv_nsec) / (1'000'000'000 / units_in_second);
}

nvmlReturn_t answer_idle(nvmlDevice_t device, unsigned int* percent, unsigned int* period) {
  if (period == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const nvmlReturn_t result = answer_number(device, percent, [](const GpuProfile&) { return 0U; });
  if (result == NVML_SUCCESS) *period = kPeriod;
  return result;
}

}  // namespace

// There is no telling apart when a kernel computes and when it waits for memory, so both are busy
// while one runs.
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* utilization) {
  return answer_number(device, utilization, [](const GpuProfile& gpu) {
    const unsigned int busy = busy_percent(session_table(), gpu_key(gpu));
    return nvmlUtilization_t{.gpu = busy, .memory = busy};
  });
}

// The engines that a virtual device has not are never busy.
nvmlReturn_t nvmlDeviceGetEncoderUtilization(nvmlDevice_t device, unsigned int* percent,
                                             unsigned int* period) {
  return answer_idle(device, percent, period);
}

nvmlReturn_t nvmlDeviceGetDecoderUtilization(nvmlDevice_t device, unsigned int* percent,
                                             unsigned int* period) {
  return answer_idle(device, percent, period);
}

nvmlReturn_t nvmlDeviceGetJpgUtilization(nvmlDevice_t device, unsigned int* percent,
                                         unsigned int* period) {
  return answer_idle(device, percent, period);
}

nvmlReturn_t nvmlDeviceGetOfaUtilization(nvmlDevice_t device, unsigned int* percent,
                                         unsigned int* period) {
  return answer_idle(device, percent, period);
}

nvmlReturn_t nvmlDeviceGetEncoderStats(nvmlDevice_t device, unsigned int* sessions,
                                       unsigned int* frames, unsigned int* latency) {
  const bool valid = sessions != nullptr && frames != nullptr && latency != nullptr;
  if (!valid || find_gpu(device) == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *sessions = *frames = *latency = 0;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetEncoderSessions(nvmlDevice_t device, unsigned int* count, void*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetFBCStats(nvmlDevice_t device, nvmlFBCStats_t* stats) {
  return answer_number(device, stats, [](const GpuProfile&) { return nvmlFBCStats_t{}; });
}

nvmlReturn_t nvmlDeviceGetFBCSessions(nvmlDevice_t device, unsigned int* count, void*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device, unsigned int* count,
                                                  nvmlProcessInfo_v1_t* infos) {
  return answer_processes(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(nvmlDevice_t device, unsigned int* count,
                                                     nvmlProcessInfo_v2_t* infos) {
  return answer_processes(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int* count,
                                                     nvmlProcessInfo_t* infos) {
  return answer_processes(device, count, infos);
}

// Nobody draws, and there is no MPS server.

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses(nvmlDevice_t device, unsigned int* count,
                                                   nvmlProcessInfo_v1_t*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v2(nvmlDevice_t device, unsigned int* count,
                                                      nvmlProcessInfo_v2_t*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned int* count,
                                                      nvmlProcessInfo_t*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses(nvmlDevice_t device, unsigned int* count,
                                                     nvmlProcessInfo_v1_t*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses_v2(nvmlDevice_t device, unsigned int* count,
                                                        nvmlProcessInfo_v2_t*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int* count,
                                                        nvmlProcessInfo_t*) {
  return answer_none(device, count);
}

nvmlReturn_t nvmlDeviceGetRunningProcessDetailList(nvmlDevice_t device,
                                                   nvmlProcessDetailList_v1_t* list) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr || list == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (list->version != nvml_version<nvmlProcessDetailList_v1_t>(1))
    return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  if (list->mode > 2) return NVML_ERROR_INVALID_ARGUMENT;
  std::vector<nvmlProcessDetail_v1_t> details;
  if (list->mode == 0)
    for (const nvmlProcessInfo_v2_t& process : processes_on(*gpu))
      details.push_back({process.pid, process.usedGpuMemory, kNvmlNoInstance, kNvmlNoInstance, 0});
  return answer_list(details, &list->numProcArrayEntries, list->procArray);
}

nvmlReturn_t nvmlDeviceGetProcessUtilization(nvmlDevice_t device,
                                             nvmlProcessUtilizationSample_t* samples,
                                             unsigned int* count, unsigned long long since) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  const std::uint64_t moment = clock_time(CLOCK_MONOTONIC, kNanoseconds);
  const std::uint64_t stamp = clock_time(CLOCK_REALTIME, kPeriod);
  std::vector<nvmlProcessUtilizationSample_t> found;
  if (since >= stamp) return NVML_ERROR_NOT_FOUND;
  for (const SharedTable::Use& use : session_table().uses_of(gpu_key(*gpu))) {
    const auto percent =
        static_cast<unsigned int>(busy_time(*use.slot, moment) * 100 / kNanoseconds);
    if (use.pid > 0)
      found.push_back({static_cast<unsigned int>(use.pid), stamp, percent, percent, 0, 0});
  }
  return found.empty() ? NVML_ERROR_NOT_FOUND : answer_list(found, count, samples);
}

nvmlReturn_t nvmlDeviceGetAccountingPids(nvmlDevice_t device, unsigned int* count, unsigned int*) {
  return answer_none(device, count);
}

// What the process calls itself, without its arguments.
nvmlReturn_t nvmlSystemGetProcessName(unsigned int pid, char* name, unsigned int length) {
  if (name == nullptr || length == 0) return NVML_ERROR_INVALID_ARGUMENT;
  const std::string path = "/proc/" + std::to_string(pid) + "/cmdline";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NVML_ERROR_NOT_FOUND;
  char words[4096] = {};
  const ssize_t got = ::read(fd, words, sizeof words - 1);
  ::close(fd);
  if (got <= 0) return NVML_ERROR_NOT_FOUND;
  return answer_text(words, name, length);
}

}  // namespace vgpu::nvml::calls
