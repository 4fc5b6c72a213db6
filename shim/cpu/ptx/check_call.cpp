#include <string>

#include "shim/cpu/ptx/check.h"

namespace vgpu::ptx {

using Kind = Operand::Kind;

std::size_t call_target_index(const Instruction& call) noexcept {
  const bool has_results = !call.operands.empty() && call.operands.front().kind == Kind::list;
  return has_results ? 1 : 0;
}

namespace {

const Function* find_callee(const Module& module, const std::string& name) {
  if (const Module::Alias* alias = module.find_alias(name))
    return module.find_function(alias->target);
  return module.find_function(name);
}

void check_count(const Operand* list, std::size_t wanted, const char* what, Location at) {
  const std::size_t count = list == nullptr ? 0 : list->elements.size();
  if (count == wanted) return;
  throw Error(at, "call: " + std::to_string(count) + " " + what + " where " +
                      std::to_string(wanted) + " are declared");
}

}  // namespace

void check_call(const Module& module, const Function& function, const Instruction& instruction,
                std::span<const OperandPlace> places) {
  const std::vector<Operand>& operands = instruction.operands;
  const std::size_t target_index = call_target_index(instruction);
  if (target_index >= operands.size()) throw Error(instruction.at, "call: operand missing");
  const Location at = places[target_index].at;
  const Operand& target = operands[target_index];
  std::size_t next = target_index + 1;
  const Operand* results = target_index == 1 ? &operands.front() : nullptr;
  const bool has_arguments = next < operands.size() && operands[next].kind == Kind::list;
  const Operand* arguments = has_arguments ? &operands[next++] : nullptr;
  const Operand* list = next < operands.size() ? &operands[next++] : nullptr;
  if (list != nullptr && list->kind != Kind::symbol)
    throw Error(places[next - 1].at, "call: expected a prototype or a list of targets");
  if (next < operands.size()) throw Error(places[next].at, "call: too many operands");
  if (target.kind == Kind::symbol) {
    const Function* callee = find_callee(module, target.name);
    if (callee == nullptr) throw Error(at, "call: '" + target.name + "' is not a function");
    check_count(results, callee->returns.size(), "results", at);
    check_count(arguments, callee->params.size(), "arguments", at);
    return;
  }
  if (target.kind != Kind::reg) throw Error(at, "call: expected a function or a register");
  if (list == nullptr) throw Error(at, "call: an indirect call needs a prototype");
  for (const Function::Prototype& prototype : function.prototypes) {
    if (prototype.name != list->name) continue;
    check_count(results, prototype.returns.size(), "results", at);
    check_count(arguments, prototype.params.size(), "arguments", at);
  }
}

}  // namespace vgpu::ptx
