#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "launcher/explain/situations.h"

namespace vgpu::explain {
namespace {

constexpr Role kDriverRoles[] = {Role::driver, Role::nvml};
constexpr Role kGpuRoles[] = {Role::driver, Role::nvml, Role::runtime, Role::toolkit,
                              Role::backend};

bool is_missing(const Library& library) noexcept {
  return library.failures > 0 && !library.found && !library.mapped;
}

/// The library whose absence matters most: the driver's before others. nullptr: none is missing, or
/// the driver is there under another name.
const Library* missing_library(const Program& program, std::span<const Role> roles) noexcept {
  for (const Role role : roles) {
    const Library* missing = nullptr;
    bool there = false;
    for (const auto& [name, library] : program.libraries) {
      if (library.role != role || library.inherited) continue;
      if (is_missing(library))
        missing = &library;
      else
        there = true;
    }
    if (missing != nullptr && !there) return missing;
  }
  return nullptr;
}

void show_attempts(const Library& library, Finding& finding) {
  constexpr std::size_t kShown = 6;
  for (std::size_t at = 0; at < std::min(library.attempts.size(), kShown); ++at)
    finding.show(library.attempts[at].at,
                 fmt::format("{}: {}", library.attempts[at].path, library.attempts[at].error));
  if (library.failures > kShown)
    finding.show({}, fmt::format("{} more places", library.failures - kShown));
}

std::string where_looked(const Library& library) {
  return fmt::format("{} was looked for in {} place{} and found in none", library.name,
                     library.failures, library.failures == 1 ? "" : "s");
}

std::set<std::string> folders_of(const std::string& list) {
  std::set<std::string> folders;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    if (end > at) folders.insert(list.substr(at, end - at));
    at = end + 1;
  }
  return folders;
}

/// The folders that whoever started the program had in a list and the program has not.
std::vector<std::string> lost_folders(const Variable& variable) {
  std::vector<std::string> lost;
  if (variable.by == 0) return lost;
  const auto now = variable.set ? folders_of(variable.value) : std::set<std::string>();
  std::ranges::set_difference(folders_of(variable.before), now, std::back_inserter(lost));
  return lost;
}

/// Where another program has found a library of that name, in a way that suits; nullptr: nowhere.
template <class Suits>
const Attempt* found_elsewhere(const Facts& facts, const Program& program, std::string_view name,
                               const Suits& suits) {
  for (const Program* other : facts.programs()) {
    if (other == &program) continue;
    for (const auto& [other_name, library] : other->libraries)
      if (stem_of(other_name) == stem_of(name) && library.found && !library.inherited &&
          suits(*library.found))
        return &*library.found;
  }
  return nullptr;
}

bool looked_at(const Library& library, std::string_view path) {
  return std::ranges::any_of(library.attempts,
                             [&](const Attempt& each) { return each.path == path; });
}

}  // namespace

Found container_without_runtime(const Facts&, const Program& program) {
  const Library* missing = missing_library(program, kDriverRoles);
  if (missing == nullptr) return std::nullopt;
  for (const std::string_view name : {"NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"}) {
    const Variable* variable = find_variable(program, name);
    if (variable == nullptr || !variable->set) continue;
    const std::string setting = fmt::format("{}={}", name, variable->value);
    Finding finding{fmt::format("{}, as container images for GPUs have it, but {}", setting,
                                where_looked(*missing)),
                    missing->name,
                    Step::find,
                    {},
                    nullptr};
    finding.show(variable->at, fmt::format("{} {}", setting, who_set(*variable)));
    show_attempts(*missing, finding);
    return finding;
  }
  return std::nullopt;
}

Found lost_environment(const Facts& facts, const Program& program) {
  const Library* missing = missing_library(program, kGpuRoles);
  if (missing == nullptr) return std::nullopt;
  const Variable* path = find_variable(program, "LD_LIBRARY_PATH");
  if (path == nullptr) return std::nullopt;
  const auto lost = lost_folders(*path);
  if (lost.empty()) return std::nullopt;
  const Attempt* there =
      found_elsewhere(facts, program, missing->name, [](const Attempt&) { return true; });
  Finding finding{fmt::format("{}; LD_LIBRARY_PATH had {} and was {}", where_looked(*missing),
                              fmt::join(lost, ", "), who_set(*path)),
                  missing->name,
                  Step::find,
                  {},
                  nullptr};
  finding.show(path->at,
               path->set ? fmt::format("exec with LD_LIBRARY_PATH={} (before: {})", path->value,
                                       path->before)
                         : fmt::format("exec without LD_LIBRARY_PATH (before: {})", path->before));
  if (there != nullptr) finding.show(there->at, "another process found " + there->path);
  show_attempts(*missing, finding);
  return finding;
}

Found looked_too_early(const Facts& facts, const Program& program) {
  if (const Library* missing = missing_library(program, kDriverRoles); missing != nullptr) {
    const Attempt* later =
        found_elsewhere(facts, program, missing->name, [&](const Attempt& found) {
          return found.at.time > missing->attempts.back().at.time &&
                 looked_at(*missing, found.path);
        });
    // In another folder it may have been there all the time.
    if (later != nullptr) {
      Finding finding{
          fmt::format("{} was not there yet when this process looked; a later one found it",
                      later->path),
          later->path,
          Step::find,
          {},
          nullptr};
      show_attempts(*missing, finding);
      return finding.show(later->at, "found later: " + later->path);
    }
  }
  for (const auto& [path, node] : program.nodes) {
    if (!node.bad || node.good || node.bad->error != "ENOENT") continue;
    for (const Program* other : facts.programs()) {
      const auto seen = other->nodes.find(path);
      if (other == &program || seen == other->nodes.end() || !seen->second.good ||
          seen->second.good->at.time < node.bad->at.time)
        continue;
      Finding finding{
          fmt::format("{} was not there yet when this process looked; a later one found it", path),
          path,
          Step::find,
          {},
          nullptr};
      finding.show(node.bad->at, fmt::format("{}: {}", path, node.bad->error));
      return finding.show(seen->second.good->at, "found later by " + name_of(*other));
    }
  }
  return std::nullopt;
}

Found library_not_found(const Facts&, const Program& program) {
  const Library* missing = missing_library(program, kDriverRoles);
  if (missing == nullptr) return std::nullopt;
  Finding finding{where_looked(*missing), missing->name, Step::find, {}, nullptr};
  show_attempts(*missing, finding);
  return finding;
}

}  // namespace vgpu::explain
