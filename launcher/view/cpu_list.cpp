#include "launcher/view/cpu_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "shim/abi/text.h"

namespace vgpu::launcher {
namespace {

constexpr unsigned kMostCpus = 8192;  // the kernel's own limit, NR_CPUS
constexpr unsigned kGroup = 32;

std::vector<std::uint32_t> groups_of(std::string_view list) {
  std::vector<std::uint32_t> groups(1);
  if (list.empty()) text::fail("no CPU at all");
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    list.remove_prefix(std::min(range.size() + 1, list.size()));
    const std::size_t dash = std::min(range.find('-'), range.size());
    const auto first = text::parse_number<unsigned>(range.substr(0, dash));
    const auto last =
        dash == range.size() ? first : text::parse_number<unsigned>(range.substr(dash + 1));
    if (last >= kMostCpus || first > last) text::fail("no such CPU");
    for (unsigned cpu = first; cpu <= last; ++cpu) {
      if (cpu / kGroup >= groups.size()) groups.resize(cpu / kGroup + 1);
      groups[cpu / kGroup] |= std::uint32_t{1} << (cpu % kGroup);
    }
  }
  return groups;
}

}  // namespace

std::string cpu_mask(std::string_view list) {
  std::vector<std::uint32_t> groups;
  try {
    groups = groups_of(list);
  } catch (const std::runtime_error&) {
    return "1";
  }
  std::string mask = fmt::format("{:x}", groups.back());
  for (std::size_t i = groups.size() - 1; i-- > 0;) mask += fmt::format(",{:08x}", groups[i]);
  return mask;
}

}  // namespace vgpu::launcher
