#pragma once

#include <string>
#include <vector>

#include "launcher/view/machine.h"
#include "shim/abi/profile.h"
#include "tracer/policy/rule.h"
#include "tracer/vfs/virtual_file.h"

namespace vgpu::launcher {

using Rows = std::vector<tracer::VirtualFile>;

/// All that a guest can see of the GPUs.
struct NvidiaView {
  Rows files;
  std::vector<tracer::Rule> rules;
};

/// Makes the view of `config` on this machine.
/// Errors: std::runtime_error if a library that is to be served is missing.
NvidiaView make_nvidia_view(const DeviceConfig& config, const Machine& machine);

/// The parts of it.
void add_device_nodes(Rows& rows, const DeviceConfig& config, const Majors& majors);
void add_driver_proc(Rows& rows, const DeviceConfig& config, const Machine& machine,
                     const Majors& majors);
void add_pci_sysfs(Rows& rows, const DeviceConfig& config, const Machine& machine);
void add_libraries(NvidiaView& view, const DeviceConfig& config, const Machine& machine);
void add_programs(Rows& rows, const Machine& machine);

/// Hides what a real NVIDIA driver shows and `rows` do not have.
void hide_real_gpus(Rows& rows, const Machine& machine);

}  // namespace vgpu::launcher
