#include "shim/frontend/visible_devices.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <tuple>

namespace vgpu::frontend {
namespace {

constexpr int kClockRate = 13;        // CU_DEVICE_ATTRIBUTE_CLOCK_RATE, in kHz
constexpr int kMultiprocessors = 16;  // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT

// Source: CUDA C++ Programming Guide, "Arithmetic Instructions", 32-bit floating-point add.
constexpr int lanes_per_multiprocessor(int compute_capability) {
  switch (compute_capability) {
    case 60:
    case 70:
    case 72:
    case 75:
    case 80:
      return 64;
    default:
      return 128;
  }
}

double speed(const GpuProfile& gpu) {
  return static_cast<double>(gpu.attributes[kMultiprocessors]) *
         lanes_per_multiprocessor(gpu.compute_capability()) *
         static_cast<double>(gpu.attributes[kClockRate]);
}

std::vector<GpuProfile> ordered(std::span<const GpuProfile> all, bool pci_order) {
  std::vector<GpuProfile> gpus(all.begin(), all.end());
  std::ranges::stable_sort(gpus, {}, [](const GpuProfile& gpu) {
    return std::tuple(gpu.pci.domain, gpu.pci.bus, gpu.pci.device);
  });
  if (!pci_order) std::ranges::stable_sort(gpus, std::ranges::greater{}, speed);
  return gpus;
}

constexpr std::string_view kSpace = " \t\n\v\f\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::optional<std::size_t> find_by_index(std::span<const GpuProfile> gpus, std::string_view entry) {
  if (entry.starts_with('+')) entry.remove_prefix(1);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), index);
  if (error != std::errc() || index >= gpus.size()) return std::nullopt;
  return index;
}

std::optional<std::size_t> find_by_uuid(std::span<const GpuProfile> gpus, std::string_view entry) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    if (!uuid_text(gpus[i]).starts_with(entry)) continue;
    if (found) return std::nullopt;  // not unique
    found = i;
  }
  return found;
}

}  // namespace

std::vector<GpuProfile> visible_devices(std::span<const GpuProfile> all,
                                        const DeviceChoice& choice) {
  auto gpus = ordered(all, choice.pci_order);
  if (!choice.visible) return gpus;
  const bool by_uuid = trimmed(*choice.visible).starts_with("GPU-");
  std::vector<std::size_t> picked;
  std::string_view rest = *choice.visible;
  while (true) {
    const auto comma = rest.find(',');
    const auto entry = trimmed(rest.substr(0, comma));
    const bool is_uuid = entry.starts_with("GPU-");
    const auto found = is_uuid != by_uuid ? std::nullopt
                       : by_uuid          ? find_by_uuid(gpus, entry)
                                          : find_by_index(gpus, entry);
    if (!found) break;
    if (std::ranges::find(picked, *found) != picked.end()) return {};
    picked.push_back(*found);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::vector<GpuProfile> visible;
  for (const std::size_t index : picked) visible.push_back(std::move(gpus[index]));
  return visible;
}

}  // namespace vgpu::frontend
