#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/smi/nvml_client.h"

namespace vgpu::smi {

/// --format=csv[,noheader][,nounits]
struct Format {
  bool header = true;
  bool units = true;
};
std::optional<Format> parse_format(std::string_view text);

/// --query-gpu: a line for each device. Returns the first name that is no field in `wrong`.
std::string query_gpus(const Nvml& nvml, const std::vector<Device>& devices,
                       std::string_view fields, const Format& format, std::string& wrong);

/// --query-compute-apps: a line for each process on a device.
std::string query_processes(const Nvml& nvml, const std::vector<Device>& devices,
                            std::string_view fields, const Format& format, std::string& wrong);

/// The names that --query-compute-apps knows, a line each.
std::string process_fields_help();

struct Process {
  unsigned int pid = 0;
  unsigned long long memory = 0;  ///< Units: bytes
  char type = 'C';
  std::string name;
};
std::vector<Process> processes_on(const Nvml& nvml, const Device& device);

}  // namespace vgpu::smi
