// stacksave, stackrestore, alloca: a fixed part of local memory, and a register that says how much
// of it is in use, which is none at first.
#include <algorithm>

#include "shim/cpu/jit/flattener.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::Type;

namespace {

constexpr std::int64_t kStackBytes = 16 << 10;  // of a thread; past it, alloca traps
constexpr std::int64_t kStackAlign = 16;

ptx::Instruction wide(Opcode op, ptx::Location at, std::vector<Operand> operands) {
  return make_instruction(op, Type::u64, at, std::move(operands));
}

}  // namespace

bool Flattener::uses_stack(const ptx::Function& function) const {
  return std::any_of(function.body.begin(), function.body.end(),
                     [](const ptx::Instruction& inst) { return inst.op == Opcode::alloca_; });
}

std::int64_t Flattener::stack_register() {
  if (stack_reg_ < 0) {
    stack_base_ = local_offset(kStackBytes, kStackAlign);
    stack_reg_ = new_reg(Type::u64);
  }
  return stack_reg_;
}

/// A move between integer registers of 32 or 64 bits, whichever of them is wider.
void Flattener::move(const ptx::Instruction& inst, const Operand& to, const Operand& from) {
  ptx::Instruction made = wide(Opcode::mov_, inst.at, {to, from});
  const auto type_of = [&](const Operand& operand) {
    if (operand.kind != Operand::Kind::reg) return Type::u64;
    const Type own = code_.regs[static_cast<std::size_t>(operand.value)].type;
    return ptx::size_of(own) == 4 ? Type::u32 : Type::u64;
  };
  if (type_of(to) != type_of(from) && from.kind == Operand::Kind::reg) {
    made.op = Opcode::cvt_;
    made.types = {type_of(to), type_of(from)};
  } else {
    made.types = {type_of(to)};
  }
  emit(std::move(made));
}

void Flattener::stack(const ptx::Instruction& inst) {
  const Operand used = register_operand(stack_register());
  const Operand& operand = inst.operands[0];
  if (inst.op == Opcode::alloca_) return allocate_stack(inst);
  if (operand.kind == Operand::Kind::sink) return;
  if (inst.op == Opcode::stacksave_)
    move(inst, operand, used);
  else
    move(inst, used, operand);
}

void Flattener::allocate_stack(const ptx::Instruction& inst) {
  const Operand used = register_operand(stack_register());
  const Operand size = register_operand(new_reg(Type::u64));
  const Operand at = register_operand(new_reg(Type::u64));
  const Operand end = register_operand(new_reg(Type::u64));
  const Operand beyond = register_operand(new_reg(Type::pred));
  move(inst, size, inst.operands[1]);
  // A size past the end is as bad as any other; smaller ones cannot wrap around.
  emit(wide(Opcode::min_, inst.at, {size, size, number_operand(kStackBytes + 1)}));
  emit(wide(Opcode::add_, inst.at, {end, used, size}));
  ptx::Instruction compare =
      wide(Opcode::setp_, inst.at, {beyond, end, number_operand(kStackBytes)});
  compare.mods.push_back(Mod::gt_);
  emit(std::move(compare));
  ptx::Instruction skip;
  skip.op = Opcode::bra_;
  skip.at = inst.at;
  skip.guard = static_cast<std::int32_t>(beyond.value);
  skip.guard_negated = true;
  skip.operands.emplace_back().kind = Operand::Kind::label;
  skip.operands[0].value = static_cast<std::int64_t>(code_.insts.size()) + 2;
  emit(std::move(skip));
  ptx::Instruction trap;
  trap.op = Opcode::trap_;
  trap.at = inst.at;
  emit(std::move(trap));
  emit(wide(Opcode::add_, inst.at, {at, used, number_operand(stack_base_)}));
  emit(wide(Opcode::add_, inst.at, {end, end, number_operand(kStackAlign - 1)}));
  ptx::Instruction round = wide(Opcode::and_, inst.at, {used, end, number_operand(-kStackAlign)});
  round.types = {Type::b64};
  emit(std::move(round));
  if (inst.operands[0].kind == Operand::Kind::reg) move(inst, inst.operands[0], at);
}

}  // namespace vgpu::jit
