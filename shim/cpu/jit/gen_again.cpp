#include <algorithm>

#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using ptx::Opcode;
using ptx::Operand;
using ptx::SpecialReg;

namespace {

/// Instructions that it may take to compute a vector again rather than keep it.
constexpr unsigned kMostSteps = 8;

/// Registers that say the same as long as a warp lives.
bool is_lasting(const Operand& operand) noexcept {
  if (operand.kind == Operand::Kind::imm_int || operand.kind == Operand::Kind::imm_f32 ||
      operand.kind == Operand::Kind::imm_f64)
    return true;
  if (operand.kind != Operand::Kind::special) return false;
  switch (static_cast<SpecialReg>(operand.value)) {
    case SpecialReg::tid_x:
    case SpecialReg::tid_y:
    case SpecialReg::tid_z:
    case SpecialReg::ntid_x:
    case SpecialReg::ntid_y:
    case SpecialReg::ntid_z:
    case SpecialReg::laneid:
      return true;
    default:
      return false;
  }
}

/// Arithmetic without exceptions, of one result.
bool is_cheap(const ptx::Instruction& inst) noexcept {
  constexpr Opcode kCheap[] = {Opcode::mov_, Opcode::add_, Opcode::sub_, Opcode::mul_,
                               Opcode::mad_, Opcode::shl_, Opcode::shr_, Opcode::and_,
                               Opcode::or_,  Opcode::xor_, Opcode::cvt_};
  return std::find(std::begin(kCheap), std::end(kCheap), inst.op) != std::end(kCheap) &&
         !touches_carry(inst) && destination_count(inst) == 1 &&
         inst.operands[0].kind == Operand::Kind::reg;
}

}  // namespace

const ptx::Instruction& Generator::first_writer(std::int64_t web) const {
  return code_.insts[code_.webs[static_cast<std::size_t>(web)].defs.front().inst];
}

/// One instruction writes `web`, for all lanes at once and before anything reads it, so that
/// wherever the web is needed the instruction's sources still are what they were then.
bool Generator::has_one_writer(std::int64_t web) const {
  const Web& known = code_.webs[static_cast<std::size_t>(web)];
  return known.defs.size() == 1 && !known.live_at_entry &&
         !analysis_.partial[known.defs.front().block] && first_writer(web).guard < 0;
}

/// A copy of a number that a thread can ask for at any time, whichever lanes did.
bool Generator::is_always_there(std::int64_t web) const {
  const Web& known = code_.webs[static_cast<std::size_t>(web)];
  if (known.defs.size() != 1 || known.live_at_entry ||
      analysis_.webs[static_cast<std::size_t>(web)].is_varying())
    return false;
  const ptx::Instruction& inst = first_writer(web);
  return inst.op == Opcode::mov_ && inst.guard < 0 && inst.operands.size() == 2 &&
         inst.operands[1].kind == Operand::Kind::special && is_lasting(inst.operands[1]);
}

/// Whether `web` can be computed from what lasts and from scalars, which are cheap to keep; adds
/// what has to be computed for it to `again`, in order.
bool Generator::can_compute(std::int64_t web, std::vector<std::int64_t>& again, unsigned& steps) {
  if (std::find(again.begin(), again.end(), web) != again.end()) return true;
  if (!has_one_writer(web) || steps == kMostSteps || !is_cheap(first_writer(web))) return false;
  ++steps;
  const ptx::Instruction& inst = first_writer(web);
  for (std::size_t n = 1; n < inst.operands.size(); ++n) {
    const Operand& from = inst.operands[n];
    if (is_lasting(from)) continue;
    if (from.kind != Operand::Kind::reg) return false;
    const bool is_scalar = !analysis_.webs[static_cast<std::size_t>(from.value)].is_varying();
    if (is_scalar && has_one_writer(from.value)) continue;
    if (!can_compute(from.value, again, steps)) return false;
  }
  again.push_back(web);
  return true;
}

/// Takes webs out of `live` that are computed again after a barrier instead of being kept, and adds
/// the scalars that takes. Vectors from lanes' numbers are most of what some kernels would keep,
/// and how far lanes are apart shows only where they are computed. `written`: see wait.
std::vector<std::int64_t> Generator::computed_again(std::set<std::int64_t>& live, bool written) {
  std::vector<std::int64_t> again;
  const bool all = !written && !analysis_.partial[current_];
  // Constants first: others count on them.
  for (const std::int64_t web : live) {
    const bool constant = all && has_one_writer(web) && is_cheap(first_writer(web)) &&
                          std::all_of(first_writer(web).operands.begin() + 1,
                                      first_writer(web).operands.end(), is_lasting);
    if (constant || is_always_there(web)) again.push_back(web);
  }
  for (const std::int64_t web : live) {
    if (!all || !analysis_.webs[static_cast<std::size_t>(web)].is_varying()) continue;
    std::vector<std::int64_t> more = again;
    unsigned steps = 0;
    if (can_compute(web, more, steps)) again = std::move(more);
  }
  for (const std::int64_t web : again) live.erase(web);
  for (const std::int64_t web : again)
    for_each_use(first_writer(web), [&](std::int64_t from) {
      if (std::find(again.begin(), again.end(), from) == again.end()) live.insert(from);
    });
  return again;
}

void Generator::compute_again(const std::vector<std::int64_t>& webs) {
  const auto guarded = guarded_;  // they are what they were
  for (const std::int64_t web : webs) instruction(first_writer(web));
  guarded_ = guarded;
}

}  // namespace vgpu::jit
