#include "shim/abi/profile.h"

#include <algorithm>
#include <concepts>
#include <set>
#include <span>
#include <stdexcept>

#include "shim/abi/text.h"

namespace vgpu {
namespace {

using namespace text;

constexpr std::string_view kAttributePrefix = "attribute.";
struct AttributeRow {
  int id;
  std::string_view name;
};

constexpr AttributeRow kAttributes[] = {
#define ATTRIBUTE(id, name) {id, #name},
#include "shim/api/attributes.def"
#undef ATTRIBUTE
};
static_assert(std::size(kAttributes) == kDeviceAttributeCount - 1);
static_assert(std::ranges::is_sorted(kAttributes, std::ranges::less_equal{}, &AttributeRow::id));

std::array<std::uint8_t, 16> parse_uuid(std::string_view text) {
  constexpr std::string_view kShape = "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto refuse = [&] { fail("not a UUID (" + std::string(kShape) + ")"); };
  if (text.size() != kShape.size()) refuse();
  std::array<std::uint8_t, 16> uuid{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kShape[i] != 'x') {
      if (text[i] != kShape[i]) refuse();
      continue;
    }
    const auto digit = hex_value(text[i]);
    if (!digit) refuse();
    auto& byte = uuid[nibble++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | *digit);
  }
  return uuid;
}

PciAddress parse_pci(std::string_view text) {
  constexpr std::string_view kShape = "xxxx:xx:xx.0";
  std::uint64_t value = 0;
  bool good = text.size() == kShape.size();
  for (std::size_t i = 0; good && i < text.size(); ++i) {
    const auto digit = hex_value(text[i]);
    if (kShape[i] == 'x' && digit) value = value << 4 | *digit;
    good = kShape[i] == 'x' ? digit.has_value() : text[i] == kShape[i];
  }
  PciAddress pci;
  pci.domain = static_cast<std::uint32_t>(value >> 16);
  pci.bus = static_cast<std::uint8_t>(value >> 8);
  pci.device = static_cast<std::uint8_t>(value);
  if (!good || pci.device > 31) fail("not a PCI address (dddd:bb:dd.0, lower case)");
  return pci;
}

std::string print_value(const std::string& value) { return quote(value); }
std::string print_value(const PciAddress& value) { return pci_text(value); }
std::string print_value(bool value) { return value ? "true" : "false"; }
template <std::integral T>
std::string print_value(T value) {
  return std::to_string(value);
}

void parse_value(std::string& value, std::string_view text) { value = unquote(text); }
void parse_value(PciAddress& value, std::string_view text) { value = parse_pci(text); }
void parse_value(bool& value, std::string_view text) {
  if (text != "true" && text != "false") fail("not true or false: " + quote(text.substr(0, 40)));
  value = text == "true";
}
template <std::integral T>
void parse_value(T& value, std::string_view text) {
  value = parse_number<T>(text);
}

/// One `key = value` line of a T: what prints it and what reads it.
template <typename T>
struct Field {
  std::string_view key;
  std::string (*print)(const T&);
  void (*parse)(T&, std::string_view);
};

template <auto Member, typename T>
constexpr Field<T> field(std::string_view key) {
  return {key, [](const T& object) { return print_value(object.*Member); },
          [](T& object, std::string_view text) { parse_value(object.*Member, text); }};
}

template <auto Member>
constexpr Field<GpuProfile> gpu(std::string_view key) {
  return field<Member, GpuProfile>(key);
}

constexpr Field<GpuProfile> kGpuFields[] = {
    gpu<&GpuProfile::key>("key"),
    gpu<&GpuProfile::name>("name"),
    {"uuid", uuid_text, [](GpuProfile& g, std::string_view text) { g.uuid = parse_uuid(text); }},
    gpu<&GpuProfile::pci>("pci"),
    gpu<&GpuProfile::pci_device_id>("pci_device_id"),
    gpu<&GpuProfile::pci_subsystem_id>("pci_subsystem_id"),
    gpu<&GpuProfile::pci_class>("pci_class"),
    gpu<&GpuProfile::pci_revision>("pci_revision"),
    gpu<&GpuProfile::pcie_generation>("pcie_generation"),
    gpu<&GpuProfile::pcie_width>("pcie_width"),
    gpu<&GpuProfile::bar1_size>("bar1_size"),
    gpu<&GpuProfile::dma_bits>("dma_bits"),
    gpu<&GpuProfile::irq>("irq"),
    gpu<&GpuProfile::minor_number>("minor_number"),
    gpu<&GpuProfile::memory>("memory"),
    gpu<&GpuProfile::memory_with_reserved>("memory_with_reserved"),
    gpu<&GpuProfile::vbios>("vbios"),
    gpu<&GpuProfile::driver_version>("driver_version"),
    gpu<&GpuProfile::cuda_version>("cuda_version"),
};

constexpr Field<DeviceConfig> kConfigFields[] = {
    field<&DeviceConfig::device, DeviceConfig>("device"),
    field<&DeviceConfig::report_unsupported, DeviceConfig>("report_unsupported"),
    field<&DeviceConfig::show_messages, DeviceConfig>("show_messages"),
    field<&DeviceConfig::show_statistics, DeviceConfig>("show_statistics"),
};

template <typename T>
bool set_in(std::span<const Field<T>> fields, T& object, std::string_view key,
            std::string_view value) {
  const auto row = std::ranges::find(fields, key, &Field<T>::key);
  if (row == fields.end()) return false;
  row->parse(object, value);
  return true;
}

template <typename T>
void print_fields(std::string& text, std::span<const Field<T>> fields, const T& object) {
  for (const Field<T>& row : fields)
    text.append(row.key).append(" = ").append(row.print(object)).append("\n");
}

/// Reads one line into `config`; `seen` holds the keys of the section so far.
void parse_line(DeviceConfig& config, std::set<std::string, std::less<>>& seen,
                std::string_view line) {
  if (line.empty() || line.front() == '#') return;
  if (line == "[gpu]") {
    config.gpus.emplace_back();
    seen.clear();
    return;
  }
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) fail("expected `key = value`");
  const std::string_view key = trim(line.substr(0, equals));
  const std::string_view value = trim(line.substr(equals + 1));
  const std::string shown = quote(key.substr(0, 80));
  if (!seen.emplace(key).second) fail("key " + shown + " twice");
  try {
    const bool known = config.gpus.empty() ? set_in<DeviceConfig>(kConfigFields, config, key, value)
                                           : set_field(config.gpus.back(), key, value);
    if (!known) fail("no such key");
  } catch (const std::runtime_error& error) {
    fail("key " + shown + ": " + error.what());
  }
}

}  // namespace

std::string uuid_text(const GpuProfile& gpu) {
  std::string shown = "GPU-";
  for (std::size_t i = 0; i < gpu.uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) shown += '-';
    shown += hex(gpu.uuid[i], 2);
  }
  return shown;
}

std::string pci_text(const PciAddress& pci) {
  return hex(pci.domain, 4) + ":" + hex(pci.bus, 2) + ":" + hex(pci.device, 2) + ".0";
}

std::uint64_t gpu_key(const GpuProfile& gpu) noexcept {
  return (std::uint64_t{gpu.pci.domain} << 16U | std::uint64_t{gpu.pci.bus} << 8U |
          std::uint64_t{gpu.pci.device}) +
         1;
}

std::string_view attribute_name(int attribute) noexcept {
  if (attribute < 1 || attribute >= kDeviceAttributeCount) return {};
  return kAttributes[attribute - 1].name;
}

bool set_field(GpuProfile& gpu, std::string_view key, std::string_view value) {
  if (!key.starts_with(kAttributePrefix)) return set_in<GpuProfile>(kGpuFields, gpu, key, value);
  const std::string_view name = key.substr(kAttributePrefix.size());
  const auto row = std::ranges::find(kAttributes, name, &AttributeRow::name);
  if (row == std::end(kAttributes)) return false;
  parse_value(gpu.attributes[static_cast<std::size_t>(row->id)], value);
  return true;
}

std::string print_config(const DeviceConfig& config) {
  std::string text;
  print_fields<DeviceConfig>(text, kConfigFields, config);
  for (const GpuProfile& gpu : config.gpus) {
    text += "\n[gpu]\n";
    print_fields<GpuProfile>(text, kGpuFields, gpu);
    for (const AttributeRow& row : kAttributes) {
      const std::int32_t value = gpu.attributes[static_cast<std::size_t>(row.id)];
      if (value == 0) continue;
      text.append(kAttributePrefix).append(row.name).append(" = ");
      text.append(std::to_string(value)).append("\n");
    }
  }
  return text;
}

DeviceConfig parse_config(std::string_view text) {
  DeviceConfig config;
  std::set<std::string, std::less<>> seen;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    try {
      parse_line(config, seen, trim(text.substr(0, end)));
    } catch (const std::runtime_error& error) {
      fail("line " + std::to_string(number) + ": " + error.what());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return config;
}

}  // namespace vgpu
