#pragma once

#include <functional>
#include <string>

#include "shim/abi/profile.h"
#include "shim/api/device.h"

namespace vgpu::fake {

/// What the front end finds around it in these tests: the configuration that it reads, and a device
/// called "fake", of which tests fill in what they need. Both before the first cuInit.
DeviceConfig& config();
DriverTable& table();
DeviceHooks& hooks();

/// How often and with what the device was started.
struct Starts {
  int count = 0;
  std::vector<GpuProfile> visible;
  DeviceOptions options;
  std::function<void()> on_start = [] {};
};
Starts& starts();

/// A GPU at that PCI bus, of so many multiprocessors.
GpuProfile gpu(int bus, int multiprocessors = 10);

/// Makes `gpus` GPUs there, and the device answer for their number, names and PCI addresses.
void use_gpus(int gpus);

/// Runs `scenario` in a forked child and returns what it returns. The front end starts once in a
/// process and reads its configuration once, so each scenario gets its own process; this one never
/// does either.
std::string in_child(const std::function<std::string()>& scenario);

}  // namespace vgpu::fake
