#include "launcher/smi/table.h"

#include <string_view>

#include "launcher/smi/fields.h"
#include "launcher/smi/query.h"
#include "launcher/smi/report.h"
#include "launcher/smi/value.h"

namespace vgpu::smi {
namespace {

constexpr std::string_view kEdge =
    "+-----------------------------------------------------------------------------------------+\n";
constexpr std::string_view kColumns =
    "+-----------------------------------------+------------------------+----------------------+\n";
constexpr std::string_view kHead =
    "| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |\n"
    "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |\n"
    "|                                         |                        |               MIG M. |\n"
    "|=========================================+========================+======================|\n";
constexpr std::string_view kProcessHead =
    "| Processes:                                                                              |\n"
    "|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |\n"
    "|        ID   ID                                                               Usage      |\n"
    "|=========================================================================================|\n";

/// The end of a long text is the telling part of a path, its beginning that of a name.
std::string cut_end(const std::string& text, std::size_t size) {
  return text.size() <= size ? text : text.substr(0, size - 3) + "...";
}
std::string cut_begin(const std::string& text, std::size_t size) {
  return text.size() <= size ? text : "..." + text.substr(text.size() - (size - 3));
}

/// What a field says, in the short form of the box.
class Facts {
 public:
  Facts(const Nvml& nvml, const Device& device) : nvml_(nvml), device_(device) {}

  std::string word(std::string_view field) const {
    return field_value(nvml_, device_, field).shown();
  }
  std::string on_or_off(std::string_view field) const {
    const std::string said = word(field);
    return said == "Enabled" ? "On" : said == "Disabled" ? "Off" : "N/A";
  }
  /// Without the space before its unit.
  std::string tight(std::string_view field, std::string_view unit = {}) const {
    const Value value = field_value(nvml_, device_, field);
    if (value.result != NVML_SUCCESS) return value.shown();
    return value.text + std::string(unit.empty() ? value.unit : unit);
  }
  std::string whole_watts(std::string_view field) const {
    const Value value = field_value(nvml_, device_, field);
    return value.result == NVML_SUCCESS ? value.text.substr(0, value.text.find('.')) + "W"
                                        : value.shown();
  }

 private:
  const Nvml& nvml_;
  const Device& device_;
};

std::string device_box(const Nvml& nvml, const Device& device) {
  constexpr std::size_t kLongestName = 27;
  const Facts facts(nvml, device);
  std::string text =
      printed("|%4u  %-31s%-4s| %18s %3s | %20s |\n", device.index,
              cut_end(facts.word("name"), kLongestName).c_str(),
              facts.on_or_off("persistence_mode").c_str(), facts.word("pci.bus_id").c_str(),
              facts.on_or_off("display_active").c_str(),
              facts.word("ecc.errors.uncorrected.volatile.total").c_str());
  text += printed("| %-3s  %4s    %-3s%15s / %5s | %10s / %9s | %7s %12s |\n",
                  facts.tight("fan.speed").c_str(), facts.tight("temperature.gpu", "C").c_str(),
                  facts.word("pstate").c_str(), facts.whole_watts("power.draw").c_str(),
                  facts.whole_watts("enforced.power.limit").c_str(),
                  facts.tight("memory.used").c_str(), facts.tight("memory.total").c_str(),
                  facts.tight("utilization.gpu").c_str(), facts.word("compute_mode").c_str());
  return text + printed("|%41s|%24s| %20s |\n", "", "", facts.word("mig.mode.current").c_str());
}

std::string process_line(const Device& device, const Process& process) {
  constexpr std::size_t kLongestName = 36;
  const std::string memory =
      process.memory == ~0ULL ? "N/A" : std::to_string(process.memory >> 20U) + "MiB";
  return printed("|%5u   N/A  N/A%16u%7c   %-36s%10s |\n", device.index, process.pid, process.type,
                 cut_begin(process.name, kLongestName - 1).c_str(), memory.c_str());
}

}  // namespace

std::string overview(const Nvml& nvml, const std::vector<Device>& devices) {
  const std::string driver = field_value(nvml, Device{}, "driver_version").shown();
  std::string text = log_timestamp() + "       \n";
  text += kEdge;
  text += printed("| NVIDIA-SMI %-22s Driver Version: %-14s CUDA Version: %-9s|\n", driver.c_str(),
                  driver.c_str(), cuda_version(nvml).c_str());
  text += kColumns;
  text += kHead;
  std::string processes;
  for (const Device& device : devices) {
    text += device_box(nvml, device);
    text += kColumns;
    for (const Process& process : processes_on(nvml, device))
      processes += process_line(device, process);
  }
  if (processes.empty()) processes = printed("|  %-87s|\n", "No running processes found");
  text += "\n";
  text += kEdge;
  text += kProcessHead;
  text += processes;
  return text += kEdge;
}

}  // namespace vgpu::smi
