#pragma once

#include <set>
#include <string>
#include <vector>

namespace vgpu::launcher {

/// What the view takes from the real machine.
struct Machine {
  std::string proc_devices;               ///< text of /proc/devices
  std::string proc_modules;               ///< text of /proc/modules
  std::set<std::string> pci;              ///< addresses of the real PCI devices
  std::vector<std::string> nvidia_paths;  ///< what a real NVIDIA driver shows in /dev, /proc, /sys
  std::string cpus;                       ///< CPUs that are online, as a list: "0-15"
  std::string library_directory;          ///< where the loader finds libraries of this architecture
  std::string cuda_library;               ///< our libcuda.so.1
  std::string nvml_library;               ///< our libnvidia-ml.so.1
  std::string smi_program;                ///< our nvidia-smi; empty where one is installed
};

/// Where the driver's installer puts nvidia-smi.
inline constexpr const char* kSmiPath = "/usr/bin/nvidia-smi";

/// Looks at the machine that we run on.
/// Errors: std::runtime_error if our own libraries or programs are not where they belong.
Machine look_at_machine();

/// Major numbers of the driver's devices.
struct Majors {
  unsigned gpu = 195;  ///< assigned to NVIDIA. Source: Documentation/admin-guide/devices.txt
  unsigned uvm = 238;
  unsigned nvswitch = 239;
  unsigned nvlink = 240;
  unsigned caps = 241;
  unsigned imex = 242;
};

/// Picks numbers that no character device of the machine has, as the kernel does for drivers that
/// ask for any: the preferred ones where they are free.
Majors choose_majors(const std::string& proc_devices);

/// Returns `proc_devices` with the driver's lines in their places.
std::string merge_proc_devices(const std::string& proc_devices, const Majors& majors);

}  // namespace vgpu::launcher
