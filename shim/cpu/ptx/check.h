#pragma once

#include <span>
#include <vector>

#include "shim/cpu/ptx/ast.h"
#include "shim/cpu/ptx/isa.h"
#include "shim/cpu/ptx/token.h"

namespace vgpu::ptx {

/// An instruction's name and suffixes, and the forms of isa.def that they leave possible.
struct Head {
  Opcode op = Opcode::count;
  std::vector<Mod> mods;
  std::vector<Type> types;
  Space space = Space::generic;
  Space source_space = Space::generic;
  std::vector<const Form*> forms;
};

/// Reads "add.rn.f32". Errors: ptx::Error at the suffix that does not fit.
Head read_head(const Token& dotted);

/// Where an operand stands in the text.
struct OperandPlace {
  Location at;
  bool paired = false;  ///< written after '|'
};

/// Checks the operands of `instruction` against the forms of its head: number, kinds, and the
/// sizes and classes of registers. Errors: ptx::Error at the operand that does not fit.
void check_operands(const Head& head, const Function& function, const Instruction& instruction,
                    std::span<const OperandPlace> places);

/// Checks the lists of a call against what is called. Errors: ptx::Error.
void check_call(const Module& module, const Function& function, const Instruction& instruction,
                std::span<const OperandPlace> places);

/// The index of the operand that a call calls.
std::size_t call_target_index(const Instruction& call) noexcept;

/// True when a register of type `reg` may hold an operand of type `type`; `wider`: ld, st and cvt
/// allow larger registers. Source: PTX ISA, 9.4 and "Operand Size Exceeding Instruction-Type Size".
bool register_fits(Type reg, Type type, bool wider) noexcept;

}  // namespace vgpu::ptx
