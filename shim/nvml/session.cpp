#include "shim/nvml/session.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <tuple>

#include "shim/nvml/surroundings.h"

namespace vgpu::nvml {
namespace {

constinit std::atomic<int> open_count{0};
constinit std::atomic<const DeviceConfig*> loaded{nullptr};

}  // namespace

bool is_open() noexcept { return open_count.load(std::memory_order_acquire) > 0; }

nvmlReturn_t open_session() {
  if (config().gpus.empty()) return NVML_ERROR_DRIVER_NOT_LOADED;
  open_count.fetch_add(1);
  return NVML_SUCCESS;
}

nvmlReturn_t close_session() noexcept {
  int count = open_count.load();
  while (count > 0)
    if (open_count.compare_exchange_weak(count, count - 1)) return NVML_SUCCESS;
  return NVML_ERROR_UNINITIALIZED;
}

const DeviceConfig& config() {
  if (const auto* const known = loaded.load(std::memory_order_acquire)) return *known;
  DeviceConfig read = load_config();
  std::ranges::stable_sort(read.gpus, {}, [](const GpuProfile& gpu) {
    return std::tuple(gpu.pci.domain, gpu.pci.bus, gpu.pci.device);
  });
  auto fresh = std::make_unique<const DeviceConfig>(std::move(read));
  const DeviceConfig* first = nullptr;  // leaked: calls may come after our static destructors
  if (loaded.compare_exchange_strong(first, fresh.get())) return *fresh.release();
  return *first;
}

const GpuProfile* find_gpu(unsigned int index) {
  const auto& gpus = config().gpus;
  return index < gpus.size() ? &gpus[index] : nullptr;
}

nvmlDevice_t handle_of(unsigned int index) noexcept {
  return reinterpret_cast<nvmlDevice_t>(std::uintptr_t{index} + 1);
}

const GpuProfile* find_gpu(nvmlDevice_t handle, unsigned int* index) {
  const auto number = reinterpret_cast<std::uintptr_t>(handle);
  if (number == 0 || number > config().gpus.size()) return nullptr;
  if (index != nullptr) *index = static_cast<unsigned int>(number - 1);
  return &config().gpus[number - 1];
}

}  // namespace vgpu::nvml
