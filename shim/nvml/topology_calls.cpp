// How the devices lie to each other and to the processors, as /sys shows it: all GPUs of a PCI
// domain are behind one host bridge, near every processor.
#include <algorithm>
#include <charconv>
#include <climits>
#include <fstream>
#include <string>
#include <vector>

#include "shim/nvml/answer.h"
#include "shim/nvml/calls.h"

namespace vgpu::nvml::calls {
namespace {

unsigned int level_between(const GpuProfile& one, const GpuProfile& other) {
  if (one.pci == other.pci) return kNvmlTopologyInternal;
  return one.pci.domain == other.pci.domain ? kNvmlTopologyHostBridge : kNvmlTopologySystem;
}

/// Sets the bits of a list like "0-3,8".
void set_bits(std::string_view list, std::vector<unsigned long>& words) {
  constexpr unsigned int kBits = CHAR_BIT * sizeof(unsigned long);
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    list.remove_prefix(std::min(range.size() + 1, list.size()));
    unsigned int first = 0;
    const char* const end = range.data() + range.size();
    const char* const dash = std::from_chars(range.data(), end, first).ptr;
    unsigned int last = first;
    if (dash < end && *dash == '-') std::from_chars(dash + 1, end, last);
    for (unsigned int cpu = first; cpu <= last && cpu / kBits < words.size(); ++cpu)
      words[cpu / kBits] |= 1UL << cpu % kBits;
  }
}

}  // namespace

nvmlReturn_t nvmlDeviceGetP2PStatus(nvmlDevice_t one, nvmlDevice_t other, unsigned int index,
                                    unsigned int* status) {
  if (find_gpu(one) == nullptr || find_gpu(other) == nullptr || one == other || status == nullptr)
    return NVML_ERROR_INVALID_ARGUMENT;
  switch (index) {
    case kNvmlP2pRead:
    case kNvmlP2pWrite:
    case kNvmlP2pAtomics:
    case kNvmlP2pPci:
      *status = kNvmlP2pOk;
      return NVML_SUCCESS;
    case kNvmlP2pNvlink:
      *status = kNvmlP2pNotSupported;
      return NVML_SUCCESS;
    default:
      return NVML_ERROR_INVALID_ARGUMENT;
  }
}

nvmlReturn_t nvmlDeviceGetTopologyCommonAncestor(nvmlDevice_t one, nvmlDevice_t other,
                                                 unsigned int* level) {
  const GpuProfile* const second = find_gpu(other);
  if (second == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  return answer_number(one, level,
                       [&](const GpuProfile& first) { return level_between(first, *second); });
}

nvmlReturn_t nvmlDeviceGetTopologyNearestGpus(nvmlDevice_t device, unsigned int level,
                                              unsigned int* count, nvmlDevice_t* devices) {
  const GpuProfile* const gpu = find_gpu(device);
  if (gpu == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  std::vector<nvmlDevice_t> near;
  for (unsigned int i = 0; const GpuProfile* other = find_gpu(i); ++i)
    if (other != gpu && level_between(*gpu, *other) == level) near.push_back(handle_of(i));
  return answer_list(near, count, devices);
}

nvmlReturn_t nvmlSystemGetTopologyGpuSet(unsigned int, unsigned int* count, nvmlDevice_t* devices) {
  std::vector<nvmlDevice_t> all;
  for (unsigned int i = 0; find_gpu(i) != nullptr; ++i) all.push_back(handle_of(i));
  return answer_list(all, count, devices);
}

nvmlReturn_t nvmlDeviceOnSameBoard(nvmlDevice_t one, nvmlDevice_t other, int* same) {
  if (find_gpu(other) == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  return answer_number(one, same, [&](const GpuProfile&) { return one == other ? 1 : 0; });
}

nvmlReturn_t nvmlDeviceGetCpuAffinity(nvmlDevice_t device, unsigned int size, unsigned long* set) {
  if (find_gpu(device) == nullptr || size == 0 || set == nullptr)
    return NVML_ERROR_INVALID_ARGUMENT;
  std::ifstream file("/sys/devices/system/cpu/online");
  std::string list;
  if (!std::getline(file, list)) return NVML_ERROR_UNKNOWN;
  constexpr unsigned int kMostWords = 1024;  // more than any kernel has processors for
  std::vector<unsigned long> words(std::min(size, kMostWords));
  set_bits(list, words);
  std::fill_n(set, size, 0UL);
  std::ranges::copy(words, set);
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCpuAffinityWithinScope(nvmlDevice_t device, unsigned int size,
                                                 unsigned long* set, unsigned int scope) {
  return scope > 1 ? NVML_ERROR_INVALID_ARGUMENT : nvmlDeviceGetCpuAffinity(device, size, set);
}

}  // namespace vgpu::nvml::calls
