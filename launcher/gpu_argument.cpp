#include "launcher/gpu_argument.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "launcher/profile.h"
#include "launcher/size.h"
#include "launcher/suggest.h"
#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

using text::fail;

/// Interrupts of virtual GPUs count from here on.
constexpr std::uint32_t kFirstIrq = 41;
/// As many as one machine can have: /dev/nvidia0 to 31. Source: NV_MAX_DEVICES, nvlimits.h.
constexpr std::size_t kMostGpus = 32;
/// What one process can address on x86-64.
constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 47U;

/// What was written for one GPU, before it gets its place in the machine.
struct Wanted {
  GpuProfile gpu;
  bool has_uuid = false;
  bool has_pci = false;
};

void set_memory(GpuProfile& gpu, std::string_view value) {
  const std::uint64_t reserved = gpu.memory_with_reserved - gpu.memory;
  gpu.memory = parse_size(value);
  if (gpu.memory == 0 || gpu.memory > kMostMemory) fail("no GPU has that much memory");
  gpu.memory_with_reserved = gpu.memory + reserved;
}

void set_key(Wanted& wanted, std::string_view key, std::string_view value) {
  GpuProfile& gpu = wanted.gpu;
  if (key == "memory") {
    set_memory(gpu, text::unquote(value));
  } else if (key == "cc") {
    set_compute_capability(gpu, text::unquote(value));
  } else if (key == "name") {
    set_field(gpu, "name", value);
    if (gpu.name.empty()) fail("an empty name");
  } else if (key == "uuid") {
    set_field(gpu, "uuid", text::unquote(value));
    wanted.has_uuid = true;
  } else if (key == "pci") {
    set_field(gpu, "pci", text::unquote(value));
    wanted.has_pci = true;
  } else {
    fail("unknown key" + suggestion(key, {"memory", "cc", "name", "uuid", "pci"}));
  }
}

/// Splits at commas that stand outside quotes.
std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (quoted && list[i] == '\\')
      ++i;
    else if (list[i] == '"')
      quoted = !quoted;
    else if (list[i] == ',' && !quoted) {
      parts.push_back(list.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(list.substr(begin));
  return parts;
}

Wanted read_argument(std::string_view argument) {
  const std::size_t colon = argument.find(':');
  const std::string_view name = argument.substr(0, colon);
  if (name == "none") fail("--gpu none: it goes without other words and other GPUs");
  Wanted wanted{load_profile(name)};
  if (colon == std::string_view::npos) return wanted;
  std::set<std::string_view> seen;
  for (const std::string_view part : split(argument.substr(colon + 1))) {
    const std::size_t equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    try {
      if (equals == std::string_view::npos) fail("expected key=value");
      if (!seen.insert(key).second) fail("twice");
      set_key(wanted, key, part.substr(equals + 1));
    } catch (const std::runtime_error& error) {
      fail(fmt::format("--gpu {}: {}: {}", name, text::quote(key), error.what()));
    }
  }
  return wanted;
}

/// Takes the address that `gpu` asks for, or the next bus that is free.
void place(Wanted& wanted, std::set<std::string>& taken) {
  PciAddress& pci = wanted.gpu.pci;
  if (wanted.has_pci) {
    if (!taken.insert(pci_text(pci)).second)
      fail(fmt::format("--gpu {}: the machine has another device at {}", wanted.gpu.key,
                       pci_text(pci)));
    return;
  }
  for (unsigned bus = 1; bus <= 0xff; ++bus) {
    pci = {0, static_cast<std::uint8_t>(bus), 0};
    if (taken.insert(pci_text(pci)).second) return;
  }
  fail("no PCI bus is free for another GPU");
}

}  // namespace

bool is_no_gpu(const std::vector<std::string>& arguments) {
  return arguments.size() == 1 && arguments.front() == "none";
}

std::vector<GpuProfile> make_gpus(const std::vector<std::string>& arguments,
                                  const std::set<std::string>& taken) {
  std::vector<Wanted> all;
  all.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) all.push_back(read_argument(argument));
  if (all.empty()) all.push_back(read_argument(kDefaultProfile));
  if (all.size() > kMostGpus) fail(fmt::format("--gpu: more than {} GPUs", kMostGpus));

  std::set<std::string> places = taken;
  for (Wanted& wanted : all)
    if (wanted.has_pci) place(wanted, places);
  for (Wanted& wanted : all)
    if (!wanted.has_pci) place(wanted, places);

  std::vector<GpuProfile> gpus;
  std::set<std::string> uuids;
  for (std::size_t i = 0; i < all.size(); ++i) {
    GpuProfile& gpu = all[i].gpu;
    if (!all[i].has_uuid) gpu.uuid = make_uuid(gpu.key, i);
    if (!uuids.insert(uuid_text(gpu)).second)
      fail(fmt::format("--gpu {}: another GPU has this UUID", gpu.key));
    gpus.push_back(gpu);
  }
  std::ranges::stable_sort(gpus, {}, [](const GpuProfile& gpu) { return pci_text(gpu.pci); });
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    GpuProfile& gpu = gpus[i];
    gpu.minor_number = static_cast<std::uint32_t>(i);
    gpu.irq = kFirstIrq + gpu.minor_number;
    gpu.attributes[33] = gpu.pci.bus;
    gpu.attributes[34] = gpu.pci.device;
    gpu.attributes[50] = static_cast<std::int32_t>(gpu.pci.domain);
    gpu.attributes[139] = static_cast<std::int32_t>(gpu.pci_device_id);
    gpu.attributes[140] = static_cast<std::int32_t>(gpu.pci_subsystem_id);
  }
  return gpus;
}

}  // namespace vgpu::launcher
