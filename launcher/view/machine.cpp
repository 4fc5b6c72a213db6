#include "launcher/view/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kHighestDynamicMajor = 254;
constexpr std::string_view kNvidiaVendor = "0x10de";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    names.push_back(entry->path().filename());
  return names;
}

/// What belongs to us stands beside the program: as it is installed, or in the build tree.
std::string find_own(const std::string& name, const char* build_folder) {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path candidates[] = {here / "../lib/vgpu-run" / name, here / build_folder / name};
  for (const fs::path& candidate : candidates)
    if (fs::exists(candidate)) return fs::canonical(candidate);
  throw std::runtime_error(fmt::format("{} is missing: it belongs in {}", name,
                                       candidates[0].lexically_normal().string()));
}

std::string find_library_directory() {
  for (const char* directory : {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"})
    if (fs::is_directory(directory)) return directory;
  return "/usr/lib";
}

std::vector<std::string> find_nvidia_paths(const std::set<std::string>& pci) {
  std::vector<std::string> paths;
  for (const std::string& name : names_in("/dev"))
    if (name.starts_with("nvidia")) paths.push_back("/dev/" + name);
  for (const std::string& name : names_in("/proc/driver/nvidia/gpus"))
    paths.push_back("/proc/driver/nvidia/gpus/" + name);
  for (const std::string& address : pci) {
    const std::string device = "/sys/bus/pci/devices/" + address;
    if (read_file(device + "/vendor").starts_with(kNvidiaVendor)) paths.push_back(device);
  }
  return paths;
}

unsigned number_at_start(std::string_view line) {
  line = text::trim(line);
  unsigned number = 0;
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Index of the first line after the character devices, which come first in /proc/devices.
std::size_t end_of_character_devices(const std::vector<std::string>& lines) {
  std::size_t end = 0;
  while (end < lines.size() && !lines[end].empty()) ++end;
  return end;
}

}  // namespace

Machine look_at_machine() {
  Machine machine;
  machine.proc_devices = read_file("/proc/devices");
  machine.proc_modules = read_file("/proc/modules");
  for (const std::string& name : names_in("/sys/bus/pci/devices")) machine.pci.insert(name);
  machine.nvidia_paths = find_nvidia_paths(machine.pci);
  const std::vector<std::string> online = lines_of(read_file("/sys/devices/system/cpu/online"));
  machine.cpus = online.empty() ? "0" : online.front();
  machine.library_directory = find_library_directory();
  machine.cuda_library = find_own("libcuda.so.1", "../shim");
  machine.nvml_library = find_own("libnvidia-ml.so.1", "../shim");
  if (!fs::exists(kSmiPath)) machine.smi_program = find_own("nvidia-smi", "smi");
  return machine;
}

Majors choose_majors(const std::string& proc_devices) {
  const std::vector<std::string> lines = lines_of(proc_devices);
  std::set<unsigned> used;
  for (std::size_t i = 0; i < end_of_character_devices(lines); ++i)
    if (lines[i].find(" nvidia") == std::string::npos) used.insert(number_at_start(lines[i]));
  Majors majors;
  for (unsigned* major :
       {&majors.uvm, &majors.nvswitch, &majors.nvlink, &majors.caps, &majors.imex}) {
    if (used.contains(*major)) {
      *major = kHighestDynamicMajor;
      while (*major > 1 && used.contains(*major)) --*major;
    }
    used.insert(*major);
  }
  return majors;
}

std::string merge_proc_devices(const std::string& proc_devices, const Majors& majors) {
  std::vector<std::string> lines = lines_of(proc_devices);
  if (lines.empty()) lines = {"Character devices:", "", "Block devices:"};
  std::erase_if(lines,
                [](const std::string& line) { return line.find(" nvidia") != std::string::npos; });
  const std::pair<unsigned, std::string_view> added[] = {
      {majors.gpu, "nvidia"},
      {majors.gpu, "nvidiactl"},
      {majors.uvm, "nvidia-uvm"},
      {majors.nvswitch, "nvidia-nvswitch"},
      {majors.nvlink, "nvidia-nvlink"},
      {majors.caps, "nvidia-caps"},
      {majors.imex, "nvidia-caps-imex-channels"},
  };
  for (const auto& [major, name] : added) {
    const auto end = lines.begin() + static_cast<std::ptrdiff_t>(end_of_character_devices(lines));
    const auto after = [number = major](const std::string& line) {
      return number_at_start(line) > number;
    };
    lines.insert(std::find_if(lines.begin(), end, after), fmt::format("{:3} {}", major, name));
  }
  std::string merged;
  for (const std::string& line : lines) merged += line + "\n";
  return merged;
}

}  // namespace vgpu::launcher
