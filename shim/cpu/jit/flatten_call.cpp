#include <algorithm>

#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/flattener.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using ptx::Opcode;
using ptx::Operand;
using ptx::Space;

namespace {

constexpr std::size_t kMaxDepth = 48;            // of inlining: bounds our own recursion
constexpr std::size_t kSmallFunction = 24;       // in instructions
constexpr std::size_t kMaxInstructions = 20000;  // past this, calls stay calls

const std::vector<Operand>& items_of(const Operand* list) {
  static const std::vector<Operand> none;
  return list == nullptr ? none : list->elements;
}

}  // namespace

Flattener::CallParts Flattener::parts_of(const ptx::Instruction& inst) {
  CallParts parts;
  for (const Operand& operand : inst.operands) {
    if (operand.kind == Operand::Kind::list) {
      (parts.target == nullptr ? parts.results : parts.arguments) = &operand;
    } else if (parts.target == nullptr) {
      parts.target = &operand;
    } else {
      parts.prototype = &operand;
    }
  }
  return parts;
}

void Flattener::call(Instance& instance, const ptx::Instruction& inst) {
  const CallParts parts = parts_of(inst);
  if (parts.target == nullptr) fail(inst, "a call without a target");
  if (parts.target->kind == Operand::Kind::reg) return outline_call(instance, inst, parts, nullptr);
  const std::string& name = parts.target->name;
  const Symbol* const target = linkage_.find(instance.module, name);
  if (target != nullptr && target->kind == Symbol::Kind::function) {
    if (must_outline(*target)) return outline_call(instance, inst, parts, target);
    return inline_call(instance, inst, parts, *target);
  }
  const ptx::Function* const declared = linkage_.module(instance.module).find_function(name);
  if (declared == nullptr || !is_runtime_function(name))
    throw LinkError("'" + name + "' is not defined");
  runtime_call(instance, inst, parts, *declared);
}

bool Flattener::must_outline(const Symbol& target) const {
  if (inlining_ == Inlining::small && linkage_.parsed(target).body.size() > kSmallFunction)
    return true;
  return std::find(active_.begin(), active_.end(), target.function) != active_.end() ||
         active_.size() >= kMaxDepth || code_.insts.size() >= kMaxInstructions;
}

/// The variable that holds `actual`: the caller's own, or a new one that takes its value.
std::size_t Flattener::actual_var(Instance& caller, const ptx::Instruction& inst,
                                  const Operand& actual, const ptx::Param& formal, bool is_result) {
  if (actual.kind == Operand::Kind::symbol || actual.kind == Operand::Kind::sink) {
    const auto found = caller.names.find(actual.name);
    if (found != caller.names.end() && found->second.kind == Name::Kind::param_var) {
      const auto var = static_cast<std::size_t>(found->second.value);
      vars_[var].size = std::max(vars_[var].size, formal.size);
      vars_[var].align = std::max(vars_[var].align, formal.align);
      return var;
    }
  }
  const std::size_t var = new_var(formal.size, formal.align);
  if (is_result) return var;
  Operand value = actual;
  if (value.kind == Operand::Kind::reg) value.value += caller.reg_base;
  const ptx::Type type = bits_of_size(formal.size);
  if (type == ptx::Type::none) fail(inst, "an argument of this size must be a .param variable");
  if (value.kind == Operand::Kind::symbol) {
    // The address of a variable: the instruction that resolve_symbol notes is the next one.
    resolve_symbol(caller, value, 1);
  }
  ptx::Instruction store = make_instruction(Opcode::st_, type, inst.at, {memory_operand(0), value});
  store.space = Space::param;
  access(std::move(store), 0, var);
  return var;
}

void Flattener::bind(Instance& callee, Instance& caller, const ptx::Instruction& inst,
                     const Operand* actuals, const std::vector<ptx::Param>& formals, bool results) {
  const auto& items = items_of(actuals);
  if (!results && items.size() != formals.size()) fail(inst, "wrong number of arguments");
  for (std::size_t n = 0; n < formals.size(); ++n) {
    const ptx::Param& formal = formals[n];
    const std::size_t var = n < items.size() ? actual_var(caller, inst, items[n], formal, results)
                                             : new_var(formal.size, formal.align);
    callee.names[formal.name] = {Name::Kind::param_var, static_cast<std::int64_t>(var)};
    if (results || !formal.is_register) continue;
    const auto& regs = callee.function->regs;
    for (std::size_t r = 0; r < regs.size(); ++r) {
      if (regs[r].name != formal.name) continue;
      const auto reg = callee.reg_base + static_cast<std::int64_t>(r);
      access(make_instruction(Opcode::ld_, formal.type, inst.at,
                              {register_operand(reg), memory_operand(0)}),
             1, var);
    }
  }
}

/// After the callee: results in registers of either side are moved.
void Flattener::copy_results(Instance& callee, Instance& caller, const ptx::Instruction& inst,
                             const Operand* actuals) {
  const auto& items = items_of(actuals);
  const auto& formals = callee.function->returns;
  for (std::size_t n = 0; n < formals.size() && n < items.size(); ++n) {
    const auto var = static_cast<std::size_t>(callee.names[formals[n].name].value);
    if (formals[n].is_register) {
      const auto& regs = callee.function->regs;
      for (std::size_t r = 0; r < regs.size(); ++r) {
        if (regs[r].name != formals[n].name) continue;
        const auto reg = callee.reg_base + static_cast<std::int64_t>(r);
        access(make_instruction(Opcode::st_, formals[n].type, inst.at,
                                {memory_operand(0), register_operand(reg)}),
               0, var);
      }
    }
    if (items[n].kind == Operand::Kind::reg)
      access(
          make_instruction(Opcode::ld_, formals[n].type, inst.at,
                           {register_operand(items[n].value + caller.reg_base), memory_operand(0)}),
          1, var);
  }
}

void Flattener::inline_call(Instance& caller, const ptx::Instruction& inst, const CallParts& parts,
                            const Symbol& target) {
  Instance callee = make_instance(target, false);
  bind(callee, caller, inst, parts.arguments, callee.function->params, false);
  bind(callee, caller, inst, parts.results, callee.function->returns, true);
  // What the callee allocates goes when it returns.
  Operand kept;
  if (uses_stack(*callee.function)) {
    kept = register_operand(new_reg(ptx::Type::u64));
    move(inst, kept, register_operand(stack_register()));
  }
  body(callee);
  finish(callee);
  if (kept.kind == Operand::Kind::reg) move(inst, register_operand(stack_reg_), kept);
  copy_results(callee, caller, inst, parts.results);
}

std::int64_t Flattener::load_var(const ptx::Instruction& inst, std::size_t var, ptx::Type type) {
  const std::int64_t reg = new_reg(type);
  access(make_instruction(Opcode::ld_, type, inst.at, {register_operand(reg), memory_operand(0)}),
         1, var);
  return reg;
}

/// Copies a variable to or from its place in the call's area of local memory.
void Flattener::copy_var(const ptx::Instruction& inst, std::size_t var, std::uint64_t area,
                         const ptx::Param& formal, bool to_area) {
  const std::uint64_t whole = formal.size;
  const bool scalar = bits_of_size(whole) != ptx::Type::none && formal.type != ptx::Type::b8;
  std::uint64_t step = scalar ? whole : std::min<std::uint64_t>(formal.align, 8);
  for (std::uint64_t at = 0; at < whole; at += step) {
    while (at + step > whole) step /= 2;
    const ptx::Type type = bits_of_size(step);
    const Operand reg = register_operand(new_reg(type));
    ptx::Instruction load = make_instruction(Opcode::ld_, type, inst.at, {reg, memory_operand(at)});
    ptx::Instruction store =
        make_instruction(Opcode::st_, type, inst.at, {memory_operand(at), reg});
    load.space = store.space = Space::local;
    if (to_area) {
      access(std::move(load), 1, var);
      store.operands[0].offset += static_cast<std::int64_t>(area);
      emit(std::move(store));
    } else {
      load.operands[1].offset += static_cast<std::int64_t>(area);
      emit(std::move(load));
      access(std::move(store), 0, var);
    }
  }
}

void Flattener::outline_call(Instance& caller, const ptx::Instruction& inst, const CallParts& parts,
                             const Symbol* target) {
  const std::vector<ptx::Param>* returns = nullptr;
  const std::vector<ptx::Param>* params = nullptr;
  if (target != nullptr) {
    returns = &target->function->returns;
    params = &target->function->params;
  } else if (parts.prototype != nullptr) {
    for (const auto& prototype : caller.function->prototypes)
      if (prototype.name == parts.prototype->name)
        returns = &prototype.returns, params = &prototype.params;
  }
  if (returns == nullptr) fail(inst, "a call through a pointer needs a prototype");
  const auto& arguments = items_of(parts.arguments);
  const auto& results = items_of(parts.results);
  if (arguments.size() != params->size()) fail(inst, "wrong number of arguments");
  OutlinedCall outlined;
  outlined.kind = target != nullptr ? OutlinedCall::Kind::direct : OutlinedCall::Kind::indirect;
  outlined.target = target;
  outlined.layout = layout_of(*returns, *params);
  outlined.area = static_cast<std::uint64_t>(local_offset(outlined.layout.size, 16));
  for (std::size_t n = 0; n < arguments.size(); ++n) {
    const std::size_t var = actual_var(caller, inst, arguments[n], (*params)[n], false);
    copy_var(inst, var, outlined.area + outlined.layout.params[n], (*params)[n], true);
  }
  ptx::Instruction call = make_instruction(Opcode::call_, ptx::Type::none, inst.at, {});
  call.types.clear();
  Operand pointer;
  if (target == nullptr) pointer = register_operand(parts.target->value + caller.reg_base);
  pointer.offset = static_cast<std::int64_t>(code_.calls.size());
  call.operands.push_back(pointer);
  code_.has_outlined_call = true;
  const CallLayout layout = outlined.layout;
  const std::uint64_t area = outlined.area;
  code_.calls.push_back(std::move(outlined));
  emit(std::move(call));
  for (std::size_t n = 0; n < results.size() && n < returns->size(); ++n) {
    const std::size_t var = actual_var(caller, inst, results[n], (*returns)[n], true);
    copy_var(inst, var, area + layout.returns[n], (*returns)[n], false);
    if (results[n].kind == Operand::Kind::reg)
      access(make_instruction(
                 Opcode::ld_, (*returns)[n].type, inst.at,
                 {register_operand(results[n].value + caller.reg_base), memory_operand(0)}),
             1, var);
  }
}

void Flattener::runtime_call(Instance& caller, const ptx::Instruction& inst, const CallParts& parts,
                             const ptx::Function& declared) {
  const auto& arguments = items_of(parts.arguments);
  const auto& results = items_of(parts.results);
  if (arguments.size() != declared.params.size()) fail(inst, "wrong number of arguments");
  ptx::Instruction call = make_instruction(Opcode::call_, ptx::Type::none, inst.at, {});
  call.types.clear();
  std::int64_t result = -1;
  if (!declared.returns.empty()) {
    call.types.push_back(bits_of_size(declared.returns[0].size));
    result = new_reg(call.types[0]);
    call.operands.push_back(register_operand(result));
  }
  Operand id;
  id.offset = static_cast<std::int64_t>(code_.calls.size());
  call.operands.push_back(id);
  OutlinedCall outlined;
  outlined.kind = OutlinedCall::Kind::runtime;
  outlined.name = declared.name;
  for (std::size_t n = 0; n < arguments.size(); ++n) {
    const std::size_t var = actual_var(caller, inst, arguments[n], declared.params[n], false);
    call.operands.push_back(
        register_operand(load_var(inst, var, bits_of_size(declared.params[n].size))));
  }
  code_.calls.push_back(std::move(outlined));
  emit(std::move(call));
  if (result < 0 || results.empty()) return;
  const std::size_t var = actual_var(caller, inst, results[0], declared.returns[0], true);
  const ptx::Type type = bits_of_size(declared.returns[0].size);
  access(
      make_instruction(Opcode::st_, type, inst.at, {memory_operand(0), register_operand(result)}),
      0, var);
  if (results[0].kind == Operand::Kind::reg)
    access(
        make_instruction(Opcode::ld_, type, inst.at,
                         {register_operand(results[0].value + caller.reg_base), memory_operand(0)}),
        1, var);
}

}  // namespace vgpu::jit
