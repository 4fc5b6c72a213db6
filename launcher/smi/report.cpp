#include "launcher/smi/report.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>

#include "launcher/smi/fields.h"
#include "launcher/smi/query.h"

namespace vgpu::smi {
namespace {

struct Row {
  int depth;
  std::string_view label;
  std::string_view tag;
  std::string_view what;
  std::string_view section;

  bool opens() const noexcept { return what.empty(); }
};
constexpr Row kRows[] = {
#define SMI_ROW(depth, label, tag, what, section) {depth, label, tag, what, section},
#include "launcher/smi/report.def"
#undef SMI_ROW
};

constexpr std::string_view kProcesses = "report.processes";
constexpr std::string_view kNoneLine = "report.none_line";
constexpr std::string_view kEmpty = "report.empty";

constexpr std::size_t kColumn = 55;         // of the colons
constexpr std::size_t kProcessColumn = 42;  // of those in the list of processes

/// Sections that are asked for, though the report has nothing in them.
constexpr std::string_view kOtherSections[] = {"VOLTAGE", "RESET_STATUS"};

bool is_in(std::string_view section, std::string_view list) {
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    if (word == section) return true;
    list.remove_prefix(std::min(word.size() + 1, list.size()));
  }
  return false;
}

/// The rows of the sections, each with all that is below it.
std::vector<Row> chosen_rows(std::string_view sections) {
  std::vector<Row> rows;
  bool taken = false;
  for (const Row& row : kRows) {
    if (row.depth == 0) taken = sections.empty() || is_in(row.section, sections);
    if (taken) rows.push_back(row);
  }
  return rows;
}

std::string line(int depth, std::string_view label, const std::string& value,
                 std::size_t column = kColumn) {
  std::string text(static_cast<std::size_t>(depth) * 4, ' ');
  text += label;
  if (text.size() < column) text.resize(column, ' ');
  return text + ": " + value + "\n";
}

std::string memory_text(const Process& process) {
  return process.memory == ~0ULL ? "N/A" : std::to_string(process.memory >> 20U) + " MiB";
}

std::string process_lines(const std::vector<Process>& processes) {
  if (processes.empty()) return line(1, "Processes", "None");
  std::string text = "    Processes\n";
  for (const Process& process : processes) {
    const auto add = [&](int depth, std::string_view label, const std::string& value) {
      text += line(depth, label, value, kProcessColumn);
    };
    add(2, "GPU instance ID", "N/A");
    add(2, "Compute instance ID", "N/A");
    add(2, "Process ID", std::to_string(process.pid));
    add(3, "Type", std::string(1, process.type));
    add(3, "Name", process.name);
    add(3, "Used GPU Memory", memory_text(process));
  }
  return text;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    constexpr char kFirstPrintable = ' ';
    if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '&')
      safe += "&amp;";
    else if (static_cast<unsigned char>(c) < kFirstPrintable)
      safe += '?';
    else
      safe += c;
  }
  return safe;
}

/// Lines of XML, indented by how many elements are open.
class Xml {
 public:
  void open(std::string_view tag) {
    indent() << "<" << tag << ">\n";
    open_.emplace_back(tag.substr(0, tag.find(' ')));
  }
  void close() {
    const std::string tag = open_.back();
    open_.pop_back();
    indent() << "</" << tag << ">\n";
  }
  void close_to(std::size_t depth) {
    while (open_.size() > depth) close();
  }
  void element(std::string_view tag, std::string_view value) {
    indent() << "<" << tag << ">" << escaped(value) << "</" << tag << ">\n";
  }
  void line(std::string_view value) { indent() << value << "\n"; }
  void gap() { text_ += '\n'; }
  std::size_t depth() const noexcept { return open_.size(); }
  std::string take() { return std::move(text_); }

 private:
  struct Sink {
    std::string& text;
    Sink& operator<<(std::string_view part) {
      text += part;
      return *this;
    }
  };
  Sink indent() {
    text_.append(open_.size(), '\t');
    return Sink{text_};
  }

  std::string text_;
  std::vector<std::string> open_;
};

void add_processes(Xml& xml, const std::vector<Process>& processes) {
  for (const Process& process : processes) {
    xml.open("process_info");
    xml.element("gpu_instance_id", "N/A");
    xml.element("compute_instance_id", "N/A");
    xml.element("pid", std::to_string(process.pid));
    xml.element("type", std::string(1, process.type));
    xml.element("process_name", process.name);
    xml.element("used_memory", memory_text(process));
    xml.close();
  }
}

/// A PCI number has no prefix here.
std::string xml_value(const Nvml& nvml, const Device& device, const Row& row) {
  std::string value = field_value(nvml, device, row.what).shown();
  const bool number = row.what.starts_with("pci.") && value.starts_with("0x");
  return number ? value.substr(2) : value;
}

void add_device(Xml& xml, const Nvml& nvml, const Device& device, std::span<const Row> rows) {
  xml.open("gpu id=\"" + escaped(field_value(nvml, device, "pci.bus_id").shown()) + "\"");
  // Rows below a value stand beside it: only sections are elements with elements inside.
  std::vector<std::pair<int, std::size_t>> sections;  // depth of the row, elements open before it
  const std::size_t ground = xml.depth();
  for (const Row& row : rows) {
    while (!sections.empty() && sections.back().first >= row.depth) sections.pop_back();
    xml.close_to(sections.empty() ? ground : sections.back().second + 1);
    if (row.tag.empty()) continue;
    if (row.opens() || row.what == kProcesses || row.what == kNoneLine || row.what == kEmpty) {
      sections.emplace_back(row.depth, xml.depth());
      xml.open(row.tag);
      if (row.what == kProcesses) add_processes(xml, processes_on(nvml, device));
      if (row.what == kNoneLine) xml.line("None");
    } else {
      xml.element(row.tag, xml_value(nvml, device, row));
    }
  }
  xml.close_to(ground);
  xml.close();
  xml.gap();
}

std::string device_count(const Nvml& nvml) { return field_value(nvml, Device{}, "count").shown(); }

}  // namespace

std::string cuda_version(const Nvml& nvml) {
  int version = 0;
  if (nvml.call("nvmlSystemGetCudaDriverVersion_v2", &version) != NVML_SUCCESS) return "N/A";
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

bool are_sections(std::string_view sections) {
  while (!sections.empty()) {
    const std::string_view word = sections.substr(0, sections.find(','));
    const bool known = std::ranges::find(kRows, word, &Row::section) != std::end(kRows) ||
                       std::ranges::find(kOtherSections, word) != std::end(kOtherSections);
    if (word.empty() || !known) return false;
    sections.remove_prefix(std::min(word.size() + 1, sections.size()));
  }
  return true;
}

std::string text_report(const Nvml& nvml, const std::vector<Device>& devices,
                        std::string_view sections) {
  std::string text = "\n==============NVSMI LOG==============\n\n";
  text += line(0, "Timestamp", log_timestamp());
  text += line(0, "Driver Version", field_value(nvml, Device{}, "driver_version").shown());
  text += line(0, "CUDA Version", cuda_version(nvml)) + "\n";
  text += line(0, "Attached GPUs", device_count(nvml));
  const std::vector<Row> rows = chosen_rows(sections);
  for (const Device& device : devices) {
    text += "GPU " + field_value(nvml, device, "pci.bus_id").shown() + "\n";
    for (const Row& row : rows) {
      if (row.label.empty()) continue;
      if (row.what == kProcesses)
        text += process_lines(processes_on(nvml, device));
      else if (row.opens())
        text += std::string(static_cast<std::size_t>(row.depth + 1) * 4, ' ')
                    .append(row.label)
                    .append("\n");
      else
        text += line(row.depth + 1, row.label, field_value(nvml, device, row.what).shown());
    }
    text += "\n";
  }
  return text;
}

std::string xml_report(const Nvml& nvml, const std::vector<Device>& devices,
                       std::string_view sections) {
  Xml xml;
  xml.line("<?xml version=\"1.0\" ?>");
  xml.line("<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v13.dtd\">");
  xml.open("nvidia_smi_log");
  xml.element("timestamp", log_timestamp());
  xml.element("driver_version", field_value(nvml, Device{}, "driver_version").shown());
  xml.element("cuda_version", cuda_version(nvml));
  xml.element("attached_gpus", device_count(nvml));
  const std::vector<Row> rows = chosen_rows(sections);
  for (const Device& device : devices) add_device(xml, nvml, device, rows);
  xml.close();
  return xml.take();
}

}  // namespace vgpu::smi
