// Which of a fatbin's entries a device takes, and what to say when it takes none.

#include <algorithm>
#include <tuple>

#include "shim/cpu/image/fatbin.h"

namespace vgpu::image {
namespace {

/// Smaller is better. Source: the driver's rule for PTX, CUDA C++ Programming Guide, 3.1.4, and
/// behind it our own: PTX above the device is compiled for a processor that is no GPU at all.
std::tuple<int, std::int64_t, int> rank(const Entry& entry, int compute_capability) {
  const auto arch = static_cast<std::int64_t>(entry.arch);
  const bool same_family = arch / 10 == compute_capability / 10;
  const bool specific =
      (entry.suffix == 'a' && arch != compute_capability) || (entry.suffix == 'f' && !same_family);
  // Plain text comes before specific text of the same architecture: it asks for less.
  const int suffix = entry.suffix == 0 ? 0 : 1;
  const bool above = arch > compute_capability;
  const int group = specific ? 2 : above ? 1 : 0;
  return {group, above ? arch : -arch, suffix};
}

std::string archs_of(const std::vector<Entry>& entries, Entry::Kind kind) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) {
    if (entry.kind != kind) continue;
    std::string name = "sm_" + std::to_string(entry.arch);
    if (entry.suffix != 0) name += entry.suffix;
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

const Entry* find_ptx(const std::vector<Entry>& entries, int compute_capability) {
  const Entry* best = nullptr;
  for (const Entry& entry : entries) {
    if (entry.kind != Entry::Kind::ptx) continue;
    const bool better =
        best == nullptr || rank(entry, compute_capability) < rank(*best, compute_capability);
    if (better) best = &entry;
  }
  return best;
}

std::string name_of(const Entry& entry) {
  std::string name =
      (entry.kind == Entry::Kind::ptx ? "compute_" : "sm_") + std::to_string(entry.arch);
  if (entry.suffix != 0) name += entry.suffix;
  switch (entry.kind) {
    case Entry::Kind::ptx:
      return name + " (ptx)";
    case Entry::Kind::elf:
      return name + " (sass)";
    case Entry::Kind::lto:
      break;
  }
  return name + " (lto)";
}

std::string list_of(const std::vector<Entry>& entries) {
  const std::string sass = archs_of(entries, Entry::Kind::elf);
  const std::string lto = archs_of(entries, Entry::Kind::lto);
  std::string text;
  if (!sass.empty()) text += "SASS for " + sass;
  if (!lto.empty()) text += (text.empty() ? "" : " and ") + ("LTO-IR for " + lto);
  return text;
}

}  // namespace vgpu::image
