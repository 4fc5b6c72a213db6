#include "shim/cpu/jit/flatten.h"

#include <algorithm>
#include <array>

#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/flattener.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using ptx::Opcode;
using ptx::Operand;
using ptx::Space;

namespace {

/// Must be jumped around, not masked, where a guard does not hold.
bool branches_on_guard(const ptx::Instruction& inst) {
  switch (inst.op) {
    case Opcode::call_:
    case Opcode::bar_:
    case Opcode::barrier_:
    case Opcode::ret_:
    case Opcode::exit_:
    case Opcode::trap_:
    case Opcode::brx_:
    case Opcode::cp_:
    case Opcode::alloca_:
    case Opcode::stackrestore_:
    case Opcode::mbarrier_:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool is_runtime_function(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> kNames{"__assertfail", "free", "malloc", "vprintf"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

ptx::Type bits_of_size(std::uint64_t size) noexcept {
  switch (size) {
    case 1:
      return ptx::Type::b8;
    case 2:
      return ptx::Type::b16;
    case 4:
      return ptx::Type::b32;
    case 8:
      return ptx::Type::b64;
    case 16:
      return ptx::Type::b128;
    default:
      return ptx::Type::none;
  }
}

CallLayout layout_of(const std::vector<ptx::Param>& returns,
                     const std::vector<ptx::Param>& params) {
  CallLayout layout;
  const auto place = [&](const ptx::Param& param, std::vector<std::uint64_t>& offsets) {
    const std::uint64_t align = std::max<std::uint64_t>(param.align, 1);
    layout.size = (layout.size + align - 1) / align * align;
    offsets.push_back(layout.size);
    layout.size += param.size;
  };
  for (const auto& param : returns) place(param, layout.returns);
  for (const auto& param : params) place(param, layout.params);
  layout.size = (layout.size + 15) / 16 * 16;
  return layout;
}

Code flatten(const Linkage& linkage, const Symbol& symbol, Inlining inlining,
             SharedLayout& shared) {
  Code code;
  Flattener(linkage, inlining, shared, code).run(symbol);
  return code;
}

void place_dynamic(Code& code, const SharedLayout& layout) {
  for (const auto& [inst, index] : code.dynamic_operands) {
    Operand& operand = code.insts[inst].operands[index];
    if (operand.kind == Operand::Kind::memory)
      operand.offset += layout.dynamic_base();
    else
      operand.value += layout.dynamic_base();
  }
}

void Flattener::run(const Symbol& symbol) {
  code_.name = symbol.function->name;
  code_.entry = symbol.function->entry;
  Instance root = make_instance(symbol, true);
  code_.function = root.function;
  declare_root_params(root);
  body(root);
  if (code_.insts.empty() || !ends_block(code_.insts.back()) || code_.insts.back().guard >= 0) {
    ptx::Instruction ret;
    ret.op = Opcode::ret_;
    emit(std::move(ret));
  }
  finish(root);
  collect_parts();
  place_params();
}

Flattener::Instance Flattener::make_instance(const Symbol& symbol, bool root) {
  Instance instance;
  instance.function = &linkage_.parsed(symbol);
  instance.module = symbol.module;
  instance.root = root;
  instance.reg_base = static_cast<std::int64_t>(code_.regs.size());
  const auto& regs = instance.function->regs;
  code_.regs.insert(code_.regs.end(), regs.begin(), regs.end());
  instance.index.reserve(instance.function->body.size() + 1);
  declare_variables(instance);
  return instance;
}

void Flattener::declare_variables(Instance& instance) {
  for (const ptx::Variable& variable : instance.function->variables) {
    Name name;
    if (variable.space == Space::shared) {
      const bool dynamic = variable.external && variable.size == 0;
      name.kind = dynamic ? Name::Kind::dynamic_shared : Name::Kind::shared;
      name.value = dynamic ? 0 : shared_offset(variable);
      if (dynamic) shared_.dynamic_align = std::max(shared_.dynamic_align, variable.align);
    } else if (variable.space == Space::local) {
      name.value = local_offset(variable.size, variable.align);
    } else if (variable.space == Space::param) {
      name.kind = Name::Kind::param_var;
      name.value = static_cast<std::int64_t>(new_var(variable.size, variable.align));
    } else {
      continue;
    }
    instance.names.insert_or_assign(variable.name, name);
  }
}

void Flattener::declare_root_params(Instance& instance) {
  const ptx::Function& function = *instance.function;
  const CallLayout layout = layout_of(function.returns, function.params);
  const auto declare = [&](const ptx::Param& param, std::uint64_t offset) {
    instance.names[param.name] = {Name::Kind::param_block, static_cast<std::int64_t>(offset)};
  };
  for (std::size_t n = 0; n < function.params.size(); ++n)
    declare(function.params[n], function.entry ? function.params[n].offset : layout.params[n]);
  for (std::size_t n = 0; n < function.returns.size(); ++n)
    declare(function.returns[n], layout.returns[n]);
}

void Flattener::body(Instance& instance) {
  active_.push_back(instance.function);
  for (const ptx::Instruction& inst : instance.function->body) {
    instance.index.push_back(static_cast<std::uint32_t>(code_.insts.size()));
    if (inst.guard < 0 || !branches_on_guard(inst)) {
      instruction(instance, inst);
      continue;
    }
    ptx::Instruction skip;
    skip.op = Opcode::bra_;
    skip.guard = static_cast<std::int32_t>(inst.guard + instance.reg_base);
    skip.guard_negated = !inst.guard_negated;
    skip.at = inst.at;
    skip.operands.emplace_back().kind = Operand::Kind::label;
    const std::uint32_t at = emit(std::move(skip));
    ptx::Instruction plain = inst;
    plain.guard = -1;
    instruction(instance, plain);
    code_.insts[at].operands[0].value = static_cast<std::int64_t>(code_.insts.size());
  }
  instance.index.push_back(static_cast<std::uint32_t>(code_.insts.size()));
  active_.pop_back();
}

void Flattener::instruction(Instance& instance, const ptx::Instruction& inst) {
  if (inst.op == Opcode::call_) return call(instance, inst);
  ptx::Instruction copy = inst;
  rename(instance, copy);
  if (inst.op == Opcode::bra_ || inst.op == Opcode::brx_) {
    instance.pending.push_back(emit(std::move(copy)));
    return;
  }
  if (inst.op == Opcode::ret_ && !instance.root) {
    copy.op = Opcode::bra_;
    Operand& label = copy.operands.emplace_back();
    label.kind = Operand::Kind::label;
    label.value = static_cast<std::int64_t>(instance.function->body.size());
    instance.pending.push_back(emit(std::move(copy)));
    return;
  }
  if (is_barrier(inst) || waits_for_mbarrier(inst)) code_.has_barrier = true;
  if (inst.op == Opcode::stacksave_ || inst.op == Opcode::stackrestore_ ||
      inst.op == Opcode::alloca_)
    return stack(copy);
  for (unsigned n = 0; n < copy.operands.size(); ++n) resolve(instance, copy, copy.operands[n], n);
  emit(std::move(copy));
}

void Flattener::finish(Instance& instance) {
  const auto at = [&](std::int64_t label) -> std::int64_t {
    if (label < 0 || label >= static_cast<std::int64_t>(instance.index.size()))
      throw Unsupported(code_.name + ": a branch leaves its function");
    return instance.index[static_cast<std::size_t>(label)];
  };
  for (const std::uint32_t index : instance.pending) {
    ptx::Instruction& inst = code_.insts[index];
    if (inst.op == Opcode::bra_) {
      inst.operands[0].value = at(inst.operands[0].value);
      continue;
    }
    const auto& lists = instance.function->targets;
    const auto list = std::find_if(lists.begin(), lists.end(), [&](const auto& each) {
      return each.name == inst.operands[1].name;
    });
    if (list == lists.end()) fail(inst, "it has no list of targets");
    inst.operands[1].kind = Operand::Kind::imm_int;
    inst.operands[1].value = static_cast<std::int64_t>(code_.target_lists.size());
    auto& targets = code_.target_lists.emplace_back();
    for (const std::int64_t label : list->labels) targets.push_back(at(label));
    if (targets.empty()) fail(inst, "its list of targets is empty");
  }
}

void Flattener::rename(const Instance& instance, ptx::Instruction& inst) const {
  const auto base = instance.reg_base;
  if (inst.guard >= 0) inst.guard = static_cast<std::int32_t>(inst.guard + base);
  for (Operand& operand : inst.operands) {
    for_each_register(operand, [&](Operand& reg) { reg.value += base; });
    if (operand.kind == Operand::Kind::memory && operand.base_is_reg) operand.value += base;
  }
}

std::uint32_t Flattener::emit(ptx::Instruction inst) {
  code_.insts.push_back(std::move(inst));
  return static_cast<std::uint32_t>(code_.insts.size() - 1);
}

void Flattener::fail(const ptx::Instruction& inst, const std::string& why) const {
  throw Unsupported(code_.name + ", line " + std::to_string(inst.at.line) + ": " + why);
}

}  // namespace vgpu::jit
