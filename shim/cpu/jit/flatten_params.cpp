#include <algorithm>

#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/flattener.h"

namespace vgpu::jit {

using ptx::Opcode;
using ptx::Operand;
using ptx::Space;

namespace {

/// The operand of a load or store that is not the address: the register or vector.
Operand& data_of(ptx::Instruction& inst) { return inst.operands[inst.op == Opcode::st_ ? 1 : 0]; }

Operand& address_of(ptx::Instruction& inst) {
  return inst.operands[inst.op == Opcode::st_ ? 0 : 1];
}

bool is_plain_access(const ptx::Instruction& inst) {
  return (inst.op == Opcode::ld_ || inst.op == Opcode::st_) && inst.operands.size() >= 2 &&
         inst.types.size() == 1;
}

}  // namespace

std::size_t Flattener::new_var(std::uint64_t size, std::uint32_t align) {
  vars_.push_back({size, std::max<std::uint32_t>(align, 1), false, {}, -1});
  return vars_.size() - 1;
}

std::int64_t Flattener::new_reg(ptx::Type type) {
  code_.regs.push_back({"%param" + std::to_string(code_.regs.size()), type});
  return static_cast<std::int64_t>(code_.regs.size() - 1);
}

/// Emits an access of `var` by operand `operand` of `inst`.
void Flattener::access(ptx::Instruction inst, unsigned operand, std::size_t var) {
  static_cast<void>(operand);
  accesses_.push_back({static_cast<std::uint32_t>(code_.insts.size()), var});
  emit(std::move(inst));
}

/// Finds the pieces of each variable; one that is accessed in overlapping pieces stays memory.
void Flattener::collect_parts() {
  for (const Access& each : accesses_) {
    ParamVar& var = vars_[each.var];
    ptx::Instruction& inst = code_.insts[each.inst];
    if (!is_plain_access(inst)) {
      var.in_memory = true;
      continue;
    }
    const std::uint64_t size = ptx::size_of(inst.types[0]);
    const Operand& data = data_of(inst);
    const std::size_t count = data.kind == Operand::Kind::vector ? data.elements.size() : 1;
    const auto offset = static_cast<std::uint64_t>(address_of(inst).offset);
    if (offset + size * count > var.size || bits_of_size(size) == ptx::Type::none)
      fail(inst, "it reaches past its .param variable");
    for (std::size_t n = 0; n < count; ++n) var.parts.try_emplace(offset + n * size, size, -1);
    for (std::size_t n = 0; n < count; ++n)
      if (var.parts[offset + n * size].first != size) var.in_memory = true;
  }
  for (ParamVar& var : vars_) {
    std::uint64_t end = 0;
    for (const auto& [offset, part] : var.parts) {
      if (offset < end) var.in_memory = true;
      end = offset + part.first;
    }
  }
}

void Flattener::place_params() {
  for (ParamVar& var : vars_) {
    if (var.in_memory) {
      if (var.local < 0) var.local = local_offset(var.size, var.align);
      continue;
    }
    for (auto& [offset, part] : var.parts) part.second = new_reg(bits_of_size(part.first));
  }
  for (const Access& each : accesses_) rewrite(code_.insts[each.inst], vars_[each.var]);
}

/// Turns the access into one of local memory, or into moves from or to registers.
void Flattener::rewrite(ptx::Instruction& inst, const ParamVar& var) {
  inst.space = Space::local;
  if (var.in_memory) {
    for (Operand& operand : inst.operands)
      if (operand.kind == Operand::Kind::memory && !operand.base_is_reg)
        operand.offset += var.local;
    return;
  }
  const bool store = inst.op == Opcode::st_;
  const Operand data = data_of(inst);
  const auto offset = static_cast<std::uint64_t>(address_of(inst).offset);
  const std::uint64_t size = ptx::size_of(inst.types[0]);
  Operand part;
  if (data.kind == Operand::Kind::vector) {
    part.kind = Operand::Kind::vector;
    for (std::size_t n = 0; n < data.elements.size(); ++n) {
      Operand& element = part.elements.emplace_back();
      element.kind = Operand::Kind::reg;
      element.value = var.parts.at(offset + n * size).second;
    }
  } else {
    part.kind = Operand::Kind::reg;
    part.value = var.parts.at(offset).second;
  }
  inst.op = Opcode::mov_;
  inst.space = Space::generic;
  inst.mods.clear();
  inst.operands = store ? std::vector<Operand>{part, data} : std::vector<Operand>{data, part};
}

}  // namespace vgpu::jit
