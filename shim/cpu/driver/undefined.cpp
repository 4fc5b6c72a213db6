#include "shim/cpu/driver/undefined.h"

#include <set>
#include <string_view>

#include "shim/cpu/jit/flatten.h"

namespace vgpu::cpu {
namespace {

using Names = std::set<std::string_view>;

bool is_defined(const ptx::Variable& variable) {
  // Dynamic shared memory is declared external, and is there with every launch.
  return !variable.external || variable.space == ptx::Space::shared;
}

Names defined_in(const std::vector<ptx::Module>& modules) {
  Names names;
  for (const ptx::Module& module : modules) {
    for (const ptx::Function& function : module.functions)
      if (!function.body_text.empty() || jit::is_runtime_function(function.name))
        names.insert(function.name);
    for (const ptx::Variable& variable : module.variables)
      if (is_defined(variable)) names.insert(variable.name);
    for (const ptx::Module::Alias& alias : module.aliases) names.insert(alias.name);
  }
  return names;
}

/// The module's own names that it only declares.
Names declared_in(const ptx::Module& module, const Names& defined) {
  Names names;
  for (const ptx::Function& function : module.functions)
    if (!defined.contains(function.name)) names.insert(function.name);
  for (const ptx::Variable& variable : module.variables)
    if (!defined.contains(variable.name)) names.insert(variable.name);
  return names;
}

/// The first of `names` that the operands use. Lists of operands are one level deep.
const std::string* find_use(const std::vector<ptx::Operand>& operands, const Names& names) {
  for (const ptx::Operand& operand : operands) {
    if (names.contains(operand.name)) return &operand.name;
    for (const ptx::Operand& element : operand.elements)
      if (names.contains(element.name)) return &element.name;
  }
  return nullptr;
}

}  // namespace

std::string find_undefined(const std::vector<ptx::Module>& modules) {
  const Names defined = defined_in(modules);
  for (const ptx::Module& module : modules) {
    const Names missing = declared_in(module, defined);
    if (missing.empty()) continue;
    for (const ptx::Function& function : module.functions)
      for (const ptx::Instruction& instruction : function.body)
        if (const std::string* const name = find_use(instruction.operands, missing)) return *name;
  }
  return {};
}

}  // namespace vgpu::cpu
