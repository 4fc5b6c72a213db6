#include <fmt/format.h>

#include "launcher/view/view.h"

namespace vgpu::launcher {
namespace {

constexpr unsigned kControlMinor = 255;

tracer::VirtualFile explained(tracer::VirtualFile row) {
  row.why = "the driver's device nodes are virtual";
  return row;
}

}  // namespace

// Source: /dev and /proc/driver/nvidia/capabilities of a machine with an H100.
void add_device_nodes(Rows& rows, const DeviceConfig& config, const Majors& majors) {
  using tracer::character_device;
  const auto add = [&](tracer::VirtualFile row) { rows.push_back(explained(std::move(row))); };
  const auto link = [&](unsigned minor, const std::string& target) {
    add(tracer::virtual_symlink(fmt::format("/dev/char/{}:{}", majors.gpu, minor), "../" + target));
  };
  for (const GpuProfile& gpu : config.gpus) {
    const std::string name = fmt::format("nvidia{}", gpu.minor_number);
    add(character_device("/dev/" + name, majors.gpu, gpu.minor_number));
    link(gpu.minor_number, name);
  }
  add(character_device("/dev/nvidiactl", majors.gpu, kControlMinor));
  link(kControlMinor, "nvidiactl");
  add(character_device("/dev/nvidia-uvm", majors.uvm, 0));
  add(character_device("/dev/nvidia-uvm-tools", majors.uvm, 1));
  add(tracer::virtual_directory("/dev/nvidia-caps", 0755));
  add(character_device("/dev/nvidia-caps/nvidia-cap1", majors.caps, 1, 0400));
  add(character_device("/dev/nvidia-caps/nvidia-cap2", majors.caps, 2, 0444));
}

}  // namespace vgpu::launcher
