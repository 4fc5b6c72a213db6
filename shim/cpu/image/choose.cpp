// Which of a fatbin's entries a device takes, and what to say when it takes none.

#include <algorithm>
#include <string_view>
#include <utility>

#include "shim/cpu/image/fatbin.h"
#include "shim/cpu/image/target.h"

namespace vgpu::image {
namespace {

Target target_of(const Entry& entry) { return {static_cast<int>(entry.arch), entry.suffix}; }

/// The newest is best, and of the same architecture the plain text: it asks for less.
std::pair<std::uint32_t, bool> rank(const Entry& entry) { return {entry.arch, entry.suffix == 0}; }

std::string archs_of(const std::vector<Entry>& entries, Entry::Kind kind) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) {
    if (entry.kind != kind) continue;
    std::string name = name_of(target_of(entry));
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
    if (!why_not(target_of(entry), compute_capability).empty()) continue;
    if (best == nullptr || rank(*best) < rank(entry)) best = &entry;
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
  constexpr std::pair<Entry::Kind, std::string_view> kKinds[] = {
      {Entry::Kind::ptx, "PTX"}, {Entry::Kind::elf, "SASS"}, {Entry::Kind::lto, "LTO-IR"}};
  std::string text;
  for (const auto& [kind, word] : kKinds) {
    const std::string archs = archs_of(entries, kind);
    if (archs.empty()) continue;
    text += text.empty() ? "" : " and ";
    text.append(word).append(" for ").append(archs);
  }
  return text;
}

}  // namespace vgpu::image
