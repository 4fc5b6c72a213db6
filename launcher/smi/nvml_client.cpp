#include "launcher/smi/nvml_client.h"

#include <dlfcn.h>

#include <algorithm>

namespace vgpu::smi {

Nvml::Nvml() : library_(::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
  if (library_ != nullptr) result_ = call("nvmlInit_v2");
}

Nvml::~Nvml() {
  if (result_ == NVML_SUCCESS) call("nvmlShutdown");
  if (library_ != nullptr) ::dlclose(library_);
}

void* Nvml::find(const char* function) const noexcept {
  return library_ == nullptr ? nullptr : ::dlsym(library_, function);
}

std::string Nvml::error_text(nvmlReturn_t result) const {
  const auto text = reinterpret_cast<const char* (*)(nvmlReturn_t)>(find("nvmlErrorString"));
  return text == nullptr ? "Unknown Error" : text(result);
}

namespace {

void add(std::vector<Device>& devices, const Nvml& nvml, nvmlDevice_t handle) {
  Device device{handle, 0};
  if (nvml.call("nvmlDeviceGetIndex", handle, &device.index) != NVML_SUCCESS) return;
  const auto known = [&](const Device& other) { return other.index == device.index; };
  if (std::ranges::none_of(devices, known)) devices.push_back(device);
}

void add_named(std::vector<Device>& devices, const Nvml& nvml, const std::string& name) {
  nvmlDevice_t handle = nullptr;
  const bool number =
      !name.empty() && name.size() < 4 && name.find_first_not_of("0123456789") == std::string::npos;
  if (number) {
    const auto index = static_cast<unsigned int>(std::stoul(name));
    if (nvml.call("nvmlDeviceGetHandleByIndex_v2", index, &handle) == NVML_SUCCESS)
      add(devices, nvml, handle);
    return;
  }
  for (const char* function : {"nvmlDeviceGetHandleByUUID", "nvmlDeviceGetHandleByPciBusId_v2",
                               "nvmlDeviceGetHandleBySerial"}) {
    if (nvml.call(function, name.c_str(), &handle) != NVML_SUCCESS) continue;
    add(devices, nvml, handle);
    return;
  }
}

}  // namespace

std::vector<Device> find_devices(const Nvml& nvml, std::string_view chosen) {
  std::vector<Device> devices;
  if (chosen.empty()) {
    unsigned int count = 0;
    nvml.call("nvmlDeviceGetCount_v2", &count);
    for (unsigned int i = 0; i < count; ++i) {
      nvmlDevice_t handle = nullptr;
      if (nvml.call("nvmlDeviceGetHandleByIndex_v2", i, &handle) == NVML_SUCCESS)
        devices.push_back({handle, i});
    }
    return devices;
  }
  while (!chosen.empty()) {
    const std::string_view name = chosen.substr(0, chosen.find(','));
    chosen.remove_prefix(std::min(name.size() + 1, chosen.size()));
    add_named(devices, nvml, std::string(name));
  }
  std::ranges::sort(devices, {}, &Device::index);
  return devices;
}

}  // namespace vgpu::smi
