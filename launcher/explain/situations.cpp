#include "launcher/explain/situations.h"

#include <fmt/format.h>

#include <algorithm>

namespace vgpu::explain {

const Variable* find_variable(const Program& program, std::string_view name) noexcept {
  if (program.environment == nullptr) return nullptr;
  const auto found = program.environment->find(std::string(name));
  return found == program.environment->end() ? nullptr : &found->second;
}

std::string who_set(const Variable& variable) {
  if (variable.by == 0) return "as vgpu-run was started";
  return fmt::format("{} by {} (pid {})", variable.set ? "set" : "taken away", variable.by_command,
                     variable.by);
}

std::string name_of(const Program& program) {
  const std::string& name = program.command.empty() ? program.path : program.command;
  return fmt::format("{} (pid {})", name.empty() ? "?" : name, program.pid);
}

bool has_no_calls(const Program& program) noexcept {
  return std::ranges::all_of(program.calls,
                             [](const Calls& calls) { return calls.good + calls.bad == 0; }) &&
         program.launches == 0 && !program.unfinished;
}

}  // namespace vgpu::explain
