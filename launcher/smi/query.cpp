#include "launcher/smi/query.h"

#include <algorithm>
#include <utility>

#include "launcher/smi/fields.h"
#include "launcher/smi/getters.h"
#include "launcher/smi/value.h"

namespace vgpu::smi {
namespace {

constexpr unsigned long long kMemoryUnknown = ~0ULL;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find(',');
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) break;
  }
  return parts;
}

/// A process as a line of --query-compute-apps has it.
struct App {
  const Nvml& nvml;
  const Device& device;
  const Process& process;
};

struct ProcessField {
  std::string_view name;
  std::string_view alias;
  std::string_view unit;
  Value (*get)(const App&);
  std::string_view help;
};

template <Name name>
Value of_gpu(const App& app) {
  return field_value(app.nvml, app.device, name.text);
}

Value memory_of(const App& app) {
  if (app.process.memory == kMemoryUnknown) return unknown(NVML_ERROR_NOT_SUPPORTED);
  return known(std::to_string(app.process.memory >> 20U), "MiB");
}

constexpr ProcessField kProcessFields[] = {
    {"timestamp", "", "", of_gpu<"timestamp">, "When the question was asked."},
    {"gpu_name", "", "", of_gpu<"name">, "Product name of the GPU."},
    {"gpu_bus_id", "", "", of_gpu<"pci.bus_id">, "PCI address of the GPU."},
    {"gpu_serial", "", "", of_gpu<"serial">, "Serial number of the board."},
    {"gpu_uuid", "", "", of_gpu<"uuid">, "Globally unique identifier of the GPU."},
    {"pid", "", "", [](const App& app) { return known(std::to_string(app.process.pid)); },
     "Process number."},
    {"process_name", "name", "", [](const App& app) { return known(app.process.name); },
     "Name of the process."},
    {"used_gpu_memory", "used_memory", "MiB", memory_of, "Device memory that the process uses."},
};

/// Finds every field of the list; `wrong` gets the first that there is not.
template <class Row, class Find>
std::vector<const Row*> choose(std::string_view list, Find find, std::string& wrong) {
  std::vector<const Row*> chosen;
  for (const std::string_view name : split(list)) {
    const Row* const row = find(name);
    if (row == nullptr) {
      wrong = name;
      return {};
    }
    chosen.push_back(row);
  }
  return chosen;
}

template <class Row>
std::string head(const std::vector<const Row*>& rows, const Format& format) {
  std::string line;
  if (!format.header) return line;
  for (const Row* row : rows) {
    line += (line.empty() ? "" : ", ") + std::string(row->name);
    if (!row->unit.empty()) line += " [" + std::string(row->unit) + "]";
  }
  return line + "\n";
}

template <class Row, class... Args>
std::string line_of(const std::vector<const Row*>& rows, const Format& format,
                    const Args&... args) {
  std::string line;
  for (std::size_t i = 0; i < rows.size(); ++i)
    line += (i == 0 ? "" : ", ") + rows[i]->get(args...).in_csv(format.units);
  return line + "\n";
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  Format format;
  bool csv = false;
  for (const std::string_view word : split(text)) {
    if (word == "csv")
      csv = true;
    else if (word == "noheader")
      format.header = false;
    else if (word == "nounits")
      format.units = false;
    else
      return std::nullopt;
  }
  return csv ? std::optional(format) : std::nullopt;
}

std::string query_gpus(const Nvml& nvml, const std::vector<Device>& devices,
                       std::string_view fields, const Format& format, std::string& wrong) {
  const auto find = [](std::string_view name) -> const Field* {
    const Field* const row = find_field(name);
    return row == nullptr || row->help.empty() ? nullptr : row;  // the report's own have no help
  };
  const auto rows = choose<Field>(fields, find, wrong);
  if (!wrong.empty()) return {};
  std::string text = head(rows, format);
  for (const Device& device : devices) text += line_of(rows, format, nvml, device);
  return text;
}

std::string query_processes(const Nvml& nvml, const std::vector<Device>& devices,
                            std::string_view fields, const Format& format, std::string& wrong) {
  const auto find = [](std::string_view name) -> const ProcessField* {
    const auto* const row = std::ranges::find_if(kProcessFields, [&](const ProcessField& field) {
      return field.name == name || (!field.alias.empty() && field.alias == name);
    });
    return row == std::end(kProcessFields) ? nullptr : row;
  };
  const auto rows = choose<ProcessField>(fields, find, wrong);
  if (!wrong.empty()) return {};
  std::string text = head(rows, format);
  for (const Device& device : devices)
    for (const Process& process : processes_on(nvml, device))
      text += line_of(rows, format, App{nvml, device, process});
  return text;
}

std::string process_fields_help() {
  std::string text;
  for (const ProcessField& row : kProcessFields) {
    text += "\"" + std::string(row.name) + "\"";
    if (!row.alias.empty()) text += " or \"" + std::string(row.alias) + "\"";
    text += "\n" + std::string(row.help) + "\n\n";
  }
  return text;
}

std::vector<Process> processes_on(const Nvml& nvml, const Device& device) {
  constexpr std::pair<const char*, char> kLists[] = {
      {"nvmlDeviceGetComputeRunningProcesses_v3", 'C'},
      {"nvmlDeviceGetGraphicsRunningProcesses_v3", 'G'}};
  std::vector<Process> all;
  for (const auto& [function, type] : kLists) {
    unsigned int count = 0;
    std::vector<nvmlProcessInfo_t> infos;
    // More may have come between the two questions.
    while (nvml.call(function, device.handle, &count, infos.data()) ==
           NVML_ERROR_INSUFFICIENT_SIZE) {
      constexpr unsigned int kSpare = 8;
      count += kSpare;
      infos.resize(count);
    }
    infos.resize(std::min<std::size_t>(count, infos.size()));
    for (const nvmlProcessInfo_t& info : infos) {
      char name[4096] = {};
      const bool named = nvml.call("nvmlSystemGetProcessName", info.pid, &name[0],
                                   static_cast<unsigned int>(sizeof name)) == NVML_SUCCESS;
      all.push_back({info.pid, info.usedGpuMemory, type, named ? printable(name) : "[Not Found]"});
    }
  }
  return all;
}

}  // namespace vgpu::smi
