#include "launcher/view/view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "launcher/gpu_argument.h"
#include "shim/abi/shared_state.h"

namespace vgpu::launcher {
namespace {

using tracer::NodeKind;
using tracer::VirtualFile;

Machine machine() {
  Machine machine;
  machine.cpus = "0-15";
  machine.library_directory = "/usr/lib/x86_64-linux-gnu";
  machine.cuda_library = "/opt/libcuda.so.1";
  machine.nvml_library = "/opt/libnvidia-ml.so.1";
  return machine;
}

DeviceConfig config(const std::vector<std::string>& gpus) {
  DeviceConfig config;
  config.gpus = make_gpus(gpus, {});
  return config;
}

const VirtualFile* find(const NvidiaView& view, std::string_view path) {
  const auto row = std::ranges::find(view.files, path, &VirtualFile::path);
  return row == view.files.end() ? nullptr : &*row;
}

std::string content(const NvidiaView& view, std::string_view path) {
  const VirtualFile* row = find(view, path);
  return row == nullptr ? "(no such row)" : row->content;
}

const std::string kSysfs = "/sys/devices/pci0000:00/0000:00:06.0/";

NvidiaView measured_h100() {
  return make_nvidia_view(
      config({"h100:pci=0000:00:06.0,uuid=GPU-11111111-2222-3333-4444-555555555555"}), machine());
}

}  // namespace

TEST_CASE("view: /proc of the driver is what the measured H100's is") {
  CHECK(content(measured_h100(), "/proc/driver/nvidia/gpus/0000:00:06.0/information") ==
        "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 41\n"
        "GPU UUID: \t GPU-11111111-2222-3333-4444-555555555555\n"
        "Video BIOS: \t 96.00.da.00.0c\nBus Type: \t PCIe\nDMA Size: \t 52 bits\n"
        "DMA Mask: \t 0xfffffffffffff\nBus Location: \t 0000:00:06.0\nDevice Minor: \t 0\n"
        "GPU Firmware: \t 580.159.04\nGPU Excluded:\t No\n");
  CHECK(content(measured_h100(), "/proc/driver/nvidia/version")
            .starts_with("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  "));
}

TEST_CASE("view: sysfs is what the measured H100's is") {
  const NvidiaView view = measured_h100();
  CHECK(content(view, kSysfs + "vendor") == "0x10de\n");
  CHECK(content(view, kSysfs + "device") == "0x2330\n");
  CHECK(content(view, kSysfs + "class") == "0x030200\n");
  CHECK(content(view, kSysfs + "revision") == "0xa1\n");
  CHECK(content(view, kSysfs + "subsystem_device") == "0x16c1\n");
  CHECK(content(view, kSysfs + "local_cpus") == "ffff\n");
  CHECK(content(view, kSysfs + "max_link_speed") == "32.0 GT/s PCIe\n");
  CHECK(content(view, kSysfs + "modalias") ==
        "pci:v000010DEd00002330sv000010DEsd000016C1bc03sc02i00\n");
  CHECK(content(view, kSysfs + "uevent") ==
        "DRIVER=nvidia\nPCI_CLASS=30200\nPCI_ID=10DE:2330\nPCI_SUBSYS_ID=10DE:16C1\n"
        "PCI_SLOT_NAME=0000:00:06.0\n"
        "MODALIAS=pci:v000010DEd00002330sv000010DEsd000016C1bc03sc02i00\n");
  CHECK(content(view, kSysfs + "resource") ==
        "0x0000102002000000 0x0000102002ffffff 0x000000000014220c\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
        "0x0000100000000000 0x0000101fffffffff 0x000000000014220c\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
        "0x0000102000000000 0x0000102001ffffff 0x000000000014220c\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
  CHECK(content(view, "/sys/bus/pci/devices/0000:00:06.0") ==
        "../../../devices/pci0000:00/0000:00:06.0");
}

TEST_CASE("view: device nodes have the driver's numbers and modes") {
  const NvidiaView view = make_nvidia_view(config({"t4", "a100"}), machine());
  for (const auto& [path, major_number, minor_number] : {std::tuple{"/dev/nvidia0", 195U, 0U},
                                                         {"/dev/nvidia1", 195U, 1U},
                                                         {"/dev/nvidiactl", 195U, 255U},
                                                         {"/dev/nvidia-uvm", 238U, 0U}}) {
    const VirtualFile* row = find(view, path);
    REQUIRE(row != nullptr);
    CHECK(row->kind == NodeKind::device);
    CHECK(row->rdev == makedev(major_number, minor_number));
    CHECK(row->mode == 0666);
  }
  CHECK(content(view, "/dev/char/195:1") == "../nvidia1");
}

TEST_CASE("view: the shim finds the configuration that the view was made from") {
  const DeviceConfig two = config({"t4", "h100:memory=1GiB"});
  const NvidiaView view = make_nvidia_view(two, machine());
  CHECK(parse_config(content(view, kConfigPath)) == two);
}

TEST_CASE("view: a library is one file under three names, in its place and in any directory") {
  const NvidiaView view = make_nvidia_view(config({}), machine());
  const std::string directory = "/usr/lib/x86_64-linux-gnu/";
  CHECK(content(view, directory + "libcuda.so") == "libcuda.so.1");
  CHECK(content(view, directory + "libcuda.so.1") == "libcuda.so.580.159.04");
  REQUIRE(find(view, directory + "libcuda.so.580.159.04") != nullptr);
  CHECK(find(view, directory + "libcuda.so.580.159.04")->source == "/opt/libcuda.so.1");
  for (const char* name : {"libcuda.so", "libcuda.so.1", "libnvidia-ml.so.1"}) {
    const auto rule =
        std::ranges::find(view.rules, "*/" + std::string(name), &tracer::Rule::pattern);
    REQUIRE(rule != view.rules.end());
    CHECK(find(view, rule->serve_as) != nullptr);
  }
}

TEST_CASE("view: no path has two rows, and each is absolute") {
  std::set<std::string> paths;
  for (const VirtualFile& row : make_nvidia_view(config({"t4", "t4", "h100"}), machine()).files) {
    CHECK(row.path.starts_with('/'));
    CHECK_MESSAGE(paths.insert(row.path).second, row.path);
  }
}

TEST_CASE("view: what a real driver shows beside ours is hidden, ours is not") {
  Machine real = machine();
  real.nvidia_paths = {"/dev/nvidia0", "/dev/nvidia7", "/dev/nvidia-caps",
                       "/proc/driver/nvidia/gpus/0000:05:00.0"};
  const NvidiaView view = make_nvidia_view(config({"t4"}), real);
  CHECK(find(view, "/dev/nvidia0")->kind == NodeKind::device);
  CHECK(find(view, "/dev/nvidia7")->kind == NodeKind::absent);
  CHECK(find(view, "/dev/nvidia-caps")->kind == NodeKind::directory);
  CHECK(find(view, "/proc/driver/nvidia/gpus/0000:05:00.0")->kind == NodeKind::absent);
}

TEST_CASE("view: nvidia-smi is there exactly where none is installed") {
  Machine without = machine();
  without.smi_program = "/opt/nvidia-smi";
  const NvidiaView view = make_nvidia_view(config({"t4"}), without);
  const VirtualFile* row = find(view, "/usr/bin/nvidia-smi");
  REQUIRE(row != nullptr);
  CHECK(row->source == "/opt/nvidia-smi");
  CHECK(row->mode == 0755);
  CHECK(find(make_nvidia_view(config({"t4"}), machine()), "/usr/bin/nvidia-smi") == nullptr);
}

TEST_CASE("view: the state of the tree is one file that every user can write") {
  const NvidiaView view = measured_h100();
  const VirtualFile* row = find(view, kSharedStatePath);
  REQUIRE(row != nullptr);
  CHECK(row->mode == 0666);
  CHECK(row->shared_size == sizeof(SharedState));
}

}  // namespace vgpu::launcher
