#include <iterator>

#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

/// Stands for "not here" in the table: it is told apart by its address.
void core(Emit& e) { e.unsupported("no lowering"); }

/// A form that the parser knows and that is not lowered yet.
void later(Emit& e) { e.unsupported("not implemented"); }

namespace {

constexpr Lowering kLowerings[] = {
#define PTX_INSTRUCTION(opcode, modifiers, types, operands, lowering) lowering,
#include "shim/cpu/ptx/isa.def"
#undef PTX_INSTRUCTION
};
static_assert(std::size(kLowerings) == static_cast<std::size_t>(ptx::Opcode::count));

}  // namespace

Lowering find_lowering(ptx::Opcode op) noexcept {
  if (op >= ptx::Opcode::count) return nullptr;
  const Lowering found = kLowerings[static_cast<std::size_t>(op)];
  return found == core ? nullptr : found;
}

}  // namespace vgpu::jit
