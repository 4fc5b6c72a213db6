#include "launcher/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "launcher/size.h"
#include "launcher/suggest.h"
#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

using text::fail;

/// A profile that others start from and that is no GPU by itself.
constexpr std::string_view kBase = "base";
constexpr int kDeepestInheritance = 8;

const ProfileText* find_text(std::string_view name) {
  const auto all = profile_texts();
  const auto found = std::ranges::find(all, name, &ProfileText::name);
  return found == all.end() ? nullptr : &*found;
}

bool is_size(std::string_view key) {
  return key == "memory" || key == "memory_with_reserved" || key == "bar1_size";
}

void read_text(GpuProfile& gpu, std::string_view rest, int depth);

void read_key(GpuProfile& gpu, std::string_view key, std::string_view value, int depth) {
  if (key == "inherit") {
    const ProfileText* parent = find_text(value);
    if (parent == nullptr || depth >= kDeepestInheritance) fail("cannot inherit from that");
    read_text(gpu, parent->text, depth + 1);
  } else if (key == "cc") {
    set_compute_capability(gpu, value);
  } else if (!set_field(gpu, key, is_size(key) ? std::to_string(parse_size(value)) : value)) {
    fail("no such key");
  }
}

void read_text(GpuProfile& gpu, std::string_view rest, int depth) {
  std::set<std::string_view> seen;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = text::trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = text::trim(line.substr(0, equals));
    try {
      if (equals == std::string_view::npos) fail("expected `key = value`");
      if (key == "inherit" && !seen.empty()) fail("must come first");
      if (!seen.insert(key).second) fail("twice");
      read_key(gpu, key, text::trim(line.substr(equals + 1)), depth);
    } catch (const std::runtime_error& error) {
      fail(
          fmt::format("line {}: key {}: {}", number, text::quote(key.substr(0, 80)), error.what()));
    }
  }
}

/// FNV-1a, the 64-bit hash.
std::uint64_t hash(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t value = 0xcbf29ce484222325U ^ seed;
  for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  value ^= value >> 32U;  // FNV's high bytes are its best, its low ones follow the last letters
  return value * 0x9e3779b97f4a7c15U;
}

}  // namespace

std::vector<std::string_view> profile_names() {
  std::vector<std::string_view> names;
  for (const ProfileText& profile : profile_texts())
    if (profile.name != kBase) names.push_back(profile.name);
  return names;
}

void read_profile(GpuProfile& gpu, std::string_view text) { read_text(gpu, text, 0); }

GpuProfile load_profile(std::string_view name) {
  const ProfileText* profile = name == kBase ? nullptr : find_text(name);
  if (profile == nullptr)
    fail(fmt::format("--gpu: no profile {}{} (--list-gpus lists them)", text::quote(name),
                     suggestion(name, profile_names())));
  GpuProfile gpu;
  try {
    read_profile(gpu, profile->text);
  } catch (const std::runtime_error& error) {
    fail(fmt::format("profile {}: {}", name, error.what()));
  }
  return gpu;
}

void set_compute_capability(GpuProfile& gpu, std::string_view text) {
  const std::size_t point = text.find('.');
  const bool shaped = point != std::string_view::npos && point > 0 && text.size() == point + 2;
  if (!shaped || text.find_first_not_of("0123456789.") != std::string_view::npos)
    fail("not a compute capability (such as 7.5): " + text::quote(text.substr(0, 40)));
  gpu.attributes[75] = text::parse_number<std::int32_t>(text.substr(0, point));
  gpu.attributes[76] = text::parse_number<std::int32_t>(text.substr(point + 1));
}

std::array<std::uint8_t, 16> make_uuid(std::string_view profile, std::size_t index) {
  const std::string name = fmt::format("vgpu-run {} {}", profile, index);
  const std::uint64_t halves[2] = {hash(name, 0), hash(name, 1)};
  std::array<std::uint8_t, 16> uuid{};
  for (std::size_t i = 0; i < uuid.size(); ++i)
    uuid[i] = static_cast<std::uint8_t>(halves[i / 8] >> (8 * (i % 8)));
  uuid[6] = static_cast<std::uint8_t>(0x50U | (uuid[6] & 0x0fU));
  uuid[8] = static_cast<std::uint8_t>(0x80U | (uuid[8] & 0x3fU));
  return uuid;
}

std::string list_profiles() {
  std::string table =
      fmt::format("{:<10} {:<28} {:>3} {:>10} {:>4}\n", "NAME", "GPU", "CC", "MEMORY", "SMS");
  for (const std::string_view name : profile_names()) {
    const GpuProfile gpu = load_profile(name);
    const double gib = static_cast<double>(gpu.memory) / (1024.0 * 1024 * 1024);
    table += fmt::format("{:<10} {:<28} {:>3} {:>6.1f} GiB {:>4}{}\n", name, gpu.name,
                         fmt::format("{}.{}", gpu.attributes[75], gpu.attributes[76]), gib,
                         gpu.attributes[16], name == kDefaultProfile ? "  (default)" : "");
  }
  return table;
}

}  // namespace vgpu::launcher
