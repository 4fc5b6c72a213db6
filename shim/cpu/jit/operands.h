#pragma once

#include <cstdint>
#include <vector>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::jit {

/// What the compiler itself puts into code.
ptx::Operand register_operand(std::int64_t reg);
ptx::Operand number_operand(std::int64_t value);
ptx::Operand memory_operand(std::uint64_t offset);
ptx::Instruction make_instruction(ptx::Opcode op, ptx::Type type, ptx::Location at,
                                  std::vector<ptx::Operand> operands);

/// How many of the leading operands are written.
unsigned destination_count(const ptx::Instruction& inst) noexcept;

/// Calls f(operand) for every register operand below `operand`, of itself or of a vector or list.
template <class Op, class F>
void for_each_register(Op& operand, F&& f) {
  if (operand.kind == ptx::Operand::Kind::reg) f(operand);
  for (auto& element : operand.elements)
    if (element.kind == ptx::Operand::Kind::reg) f(element);
}

/// Calls f(register index by reference) for everything the instruction reads but its guard.
template <class Inst, class F>
void for_each_use(Inst& inst, F&& f) {
  const unsigned destinations = destination_count(inst);
  for (unsigned n = 0; n < inst.operands.size(); ++n) {
    auto& operand = inst.operands[n];
    if (operand.kind == ptx::Operand::Kind::memory) {
      if (operand.base_is_reg) f(operand.value);
    } else if (n >= destinations) {
      for_each_register(operand, [&](auto& reg) { f(reg.value); });
    }
  }
}

/// Calls f(register index by reference) for everything the instruction writes.
template <class Inst, class F>
void for_each_def(Inst& inst, F&& f) {
  const unsigned destinations = destination_count(inst);
  for (unsigned n = 0; n < destinations && n < inst.operands.size(); ++n)
    for_each_register(inst.operands[n], [&](auto& reg) { f(reg.value); });
}

/// Lanes exchange values: the instruction is never done once for a warp.
bool is_collective(ptx::Opcode op) noexcept;

/// The instruction ends its basic block.
bool ends_block(const ptx::Instruction& inst) noexcept;

/// bar.sync, bar.red, barrier.sync: the warp may have to wait.
bool is_barrier(const ptx::Instruction& inst) noexcept;

/// mbarrier.test_wait and .try_wait: another warp may have to run before it is worth trying again.
bool waits_for_mbarrier(const ptx::Instruction& inst) noexcept;

}  // namespace vgpu::jit
