#include "shim/cpu/jit/operands.h"

#include <utility>

namespace vgpu::jit {

using ptx::Mod;
using ptx::Opcode;

namespace {

bool combines(const ptx::Instruction& inst) noexcept {
  return inst.has(Mod::and_) || inst.has(Mod::or_) || inst.has(Mod::xor_);
}

/// Sources of an instruction that may write one or two destinations; 0 for any other.
unsigned sources_of_pair(const ptx::Instruction& inst) noexcept {
  switch (inst.op) {
    case Opcode::setp_:
      return combines(inst) ? 3 : 2;
    case Opcode::shfl_:
      return inst.has(Mod::sync_) ? 4 : 3;
    case Opcode::match_:
      return 2;
    case Opcode::elect_:
      return 1;
    case Opcode::lop3_:
      return combines(inst) ? 5 : 4;
    default:
      return 0;
  }
}

}  // namespace

ptx::Operand register_operand(std::int64_t reg) {
  ptx::Operand operand;
  operand.kind = ptx::Operand::Kind::reg;
  operand.value = reg;
  return operand;
}

ptx::Operand number_operand(std::int64_t value) {
  ptx::Operand operand;
  operand.kind = ptx::Operand::Kind::imm_int;
  operand.value = value;
  return operand;
}

ptx::Operand memory_operand(std::uint64_t offset) {
  ptx::Operand operand;
  operand.kind = ptx::Operand::Kind::memory;
  operand.offset = static_cast<std::int64_t>(offset);
  return operand;
}

ptx::Instruction make_instruction(ptx::Opcode op, ptx::Type type, ptx::Location at,
                                  std::vector<ptx::Operand> operands) {
  ptx::Instruction inst;
  inst.op = op;
  inst.at = at;
  inst.types.push_back(type);
  inst.operands = std::move(operands);
  return inst;
}

unsigned destination_count(const ptx::Instruction& inst) noexcept {
  if (const unsigned sources = sources_of_pair(inst)) {
    const auto count = static_cast<unsigned>(inst.operands.size());
    return count > sources ? count - sources : 0;
  }
  switch (inst.op) {
    case Opcode::mbarrier_:
      return inst.has(Mod::arrive_) || inst.has(Mod::arrive_drop_) ||
                     inst.has(Mod::pending_count_) || waits_for_mbarrier(inst)
                 ? 1
                 : 0;
    case Opcode::bar_:
    case Opcode::barrier_:
      return inst.has(Mod::red_) ? 1 : 0;
    case Opcode::call_:
      return inst.types.empty() ? 0 : 1;  // as flatten() writes calls
    case Opcode::wmma_:
      return inst.has(Mod::store_) ? 0 : 1;
    case Opcode::st_:
    case Opcode::red_:
    case Opcode::bra_:
    case Opcode::brx_:
    case Opcode::ret_:
    case Opcode::exit_:
    case Opcode::trap_:
    case Opcode::brkpt_:
    case Opcode::membar_:
    case Opcode::fence_:
    case Opcode::prefetch_:
    case Opcode::prefetchu_:
    case Opcode::applypriority_:
    case Opcode::discard_:
    case Opcode::cp_:
    case Opcode::nanosleep_:
    case Opcode::pmevent_:
    case Opcode::stmatrix_:
    case Opcode::stackrestore_:
    case Opcode::sust_:
    case Opcode::sured_:
    case Opcode::setmaxnreg_:
    case Opcode::griddepcontrol_:
      return 0;
    default:
      return inst.operands.empty() ? 0 : 1;
  }
}

bool is_collective(Opcode op) noexcept {
  switch (op) {
    case Opcode::shfl_:
    case Opcode::vote_:
    case Opcode::match_:
    case Opcode::activemask_:
    case Opcode::redux_:
    case Opcode::elect_:
    case Opcode::mma_:
    case Opcode::wmma_:
    case Opcode::ldmatrix_:
    case Opcode::stmatrix_:
    case Opcode::movmatrix_:
      return true;
    default:
      return false;
  }
}

bool ends_block(const ptx::Instruction& inst) noexcept {
  switch (inst.op) {
    case Opcode::bra_:
    case Opcode::brx_:
    case Opcode::ret_:
    case Opcode::exit_:
    case Opcode::trap_:
      return true;
    default:
      return false;
  }
}

bool waits_for_mbarrier(const ptx::Instruction& inst) noexcept {
  return inst.op == Opcode::mbarrier_ && (inst.has(Mod::test_wait_) || inst.has(Mod::try_wait_));
}

bool is_barrier(const ptx::Instruction& inst) noexcept {
  if (inst.op != Opcode::bar_ && inst.op != Opcode::barrier_) return false;
  return !inst.has(Mod::warp_) && !inst.has(Mod::arrive_);
}

}  // namespace vgpu::jit
