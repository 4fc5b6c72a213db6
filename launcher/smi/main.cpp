// nvidia-smi: what NVML says, in the words and the layout that scripts know.
#include <poll.h>

#include <cstdio>
#include <exception>
#include <span>
#include <string>

#include "launcher/smi/arguments.h"
#include "launcher/smi/fields.h"
#include "launcher/smi/help.h"
#include "launcher/smi/nvml_client.h"
#include "launcher/smi/query.h"
#include "launcher/smi/report.h"
#include "launcher/smi/table.h"

using namespace vgpu;
using namespace vgpu::smi;

namespace {

using Job = Arguments::Job;
constexpr int kInvalid = 2;

struct Answer {
  int status = 0;
  std::string text;
};

Answer no_driver(const Nvml& nvml) {
  const int status = nvml.result();
  if (status == NVML_ERROR_LIBRARY_NOT_FOUND)
    return {
        status,
        "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure "
        "that the NVIDIA Display Driver is properly installed and present in your system.\n"
        "Please also try adding directory that contains libnvidia-ml.so to your system PATH.\n"};
  if (status == NVML_ERROR_DRIVER_NOT_LOADED)
    return {status,
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make "
            "sure that the latest NVIDIA driver is installed and running.\n\n"};
  return {status, "Failed to initialize NVML: " + nvml.error_text(nvml.result()) + "\n"};
}

std::string versions(const Nvml& nvml) {
  const std::string driver = field_value(nvml, Device{}, "driver_version").shown();
  char nvml_version[96] = "N/A";
  nvml.call("nvmlSystemGetNVMLVersion", &nvml_version[0], 96U);
  std::string library = nvml_version;  // the CUDA version stands before it: 13.580.159.04
  library.erase(0, library.find('.') + 1);
  const std::size_t second = library.find('.', library.find('.') + 1);
  return "NVIDIA-SMI version  : " + driver +
         "\nNVML version        : " + library.substr(0, second) +
         "\nDRIVER version      : " + driver + "\nCUDA Version        : " + cuda_version(nvml) +
         "\n";
}

std::string list(const Nvml& nvml, const std::vector<Device>& devices) {
  std::string text;
  for (const Device& device : devices)
    text += "GPU " + std::to_string(device.index) + ": " +
            field_value(nvml, device, "name").shown() +
            " (UUID: " + field_value(nvml, device, "uuid").shown() + ")\n";
  return text;
}

Answer query(const Arguments& arguments, const Nvml& nvml, const std::vector<Device>& devices,
             bool first) {
  auto format = parse_format(arguments.format);
  if (!format)
    return {kInvalid, "ERROR: \"" + arguments.format +
                          "\" is not a valid format. Please run 'nvidia-smi -h' for help.\n"};
  format->header = format->header && first;
  std::string wrong;
  std::string text = arguments.job == Job::query_gpu
                         ? query_gpus(nvml, devices, arguments.fields, *format, wrong)
                         : query_processes(nvml, devices, arguments.fields, *format, wrong);
  if (wrong.empty()) return {0, std::move(text)};
  return {kInvalid, "Field \"" + wrong + "\" is not a valid field to query.\n\n"};
}

Answer answer(const Arguments& arguments, const Nvml& nvml, bool first) {
  if (nvml.result() != NVML_SUCCESS) return no_driver(nvml);
  const std::vector<Device> devices = find_devices(nvml, arguments.devices);
  if (devices.empty()) return {NVML_ERROR_NOT_FOUND, "No devices were found\n"};
  switch (arguments.job) {
    case Job::overview:
      return {0, overview(nvml, devices)};
    case Job::list:
      return {0, list(nvml, devices)};
    case Job::excluded:
      return {0, "No excluded devices found.\n"};
    case Job::report:
      return {0, arguments.xml ? xml_report(nvml, devices, arguments.sections)
                               : text_report(nvml, devices, arguments.sections)};
    case Job::query_gpu:
    case Job::query_processes:
      return query(arguments, nvml, devices, first);
    case Job::version:
      return {0, versions(nvml)};
    case Job::help:
      return {0, help()};
    case Job::help_query_gpu:
      return {0, query_gpu_help()};
    case Job::help_query_processes:
      return {0, query_processes_help()};
  }
  return {};
}

int run(std::span<char* const> words) {
  const Arguments arguments = parse_arguments(words);
  if (!arguments.mistake.empty()) {
    std::printf("%s\n", arguments.mistake.c_str());
    return kInvalid;
  }
  // What needs no driver.
  if (arguments.job == Job::help) return std::fputs(help().c_str(), stdout) < 0 ? 1 : 0;
  if (arguments.job == Job::help_query_gpu)
    return std::fputs(query_gpu_help().c_str(), stdout) < 0 ? 1 : 0;
  if (arguments.job == Job::help_query_processes)
    return std::fputs(query_processes_help().c_str(), stdout) < 0 ? 1 : 0;

  FILE* out = stdout;
  if (!arguments.file.empty()) out = std::fopen(arguments.file.c_str(), "we");
  if (out == nullptr) {
    std::printf("Failed to open file \"%s\" for writing.\n", arguments.file.c_str());
    return 1;
  }
  const Nvml nvml;
  for (bool first = true;; first = false) {
    const Answer said = answer(arguments, nvml, first);
    const bool written = std::fputs(said.text.c_str(), out) >= 0 && std::fflush(out) == 0;
    if (said.status != 0) return said.status;
    if (!written) return 1;
    if (arguments.every == 0) return 0;
    ::poll(nullptr, 0, static_cast<int>(arguments.every));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "nvidia-smi: %s\n", error.what()));
    return 1;
  }
}
