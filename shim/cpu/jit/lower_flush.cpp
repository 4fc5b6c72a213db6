#include "shim/cpu/jit/lower_flush.h"

#include <algorithm>

#include "shim/cpu/jit/lower_common.h"

namespace vgpu::jit {

using ptx::Instruction;
using ptx::Mod;
using ptx::Opcode;
using ptx::Type;

namespace {

/// Instructions that move or test bits whatever their type is.
bool only_moves(Opcode op) noexcept {
  switch (op) {
    case Opcode::mov_:
    case Opcode::ld_:
    case Opcode::ldu_:
    case Opcode::st_:
    case Opcode::selp_:
    case Opcode::shfl_:
    case Opcode::neg_:
    case Opcode::abs_:
    case Opcode::copysign_:
    case Opcode::testp_:
      return true;
    default:
      return false;
  }
}

bool any_is(const Instruction& inst, Family family) noexcept {
  return std::any_of(inst.types.begin(), inst.types.end(),
                     [family](Type type) { return family_of(type) == family; });
}

/// Conversions whose result a subnormal f32 or f64 cannot change, or that only work on bits.
bool converts_alike(const Instruction& inst) noexcept {
  const Type to = inst.types.front();
  const Type from = inst.types.size() > 1 ? inst.types[1] : to;
  const Family source = family_of(from);
  const Family target = family_of(to);
  // Integers and f16 are never subnormal in f32, nor is bf16 with a shift alone an operation.
  if (source == Family::integer || source == Family::half) return true;
  if (source == Family::bfloat) return target == Family::single && !inst.has(Mod::sat_);
  if (source == Family::wide) return inst.has(Mod::ftz_) && to == Type::f32;
  if (to == Type::tf32) return !inst.has(Mod::relu_);
  if (inst.has(Mod::relu_) || inst.has(Mod::sat_)) return inst.has(Mod::ftz_);
  if (target == Family::half || target == Family::bfloat) return inst.has(Mod::rn_);
  if (target == Family::integer && (inst.has(Mod::rzi_) || inst.has(Mod::rni_))) return true;
  return inst.has(Mod::ftz_);
}

bool bears(const Instruction& inst) noexcept {
  if (inst.types.empty() || only_moves(inst.op)) return true;
  if (inst.op == Opcode::cvt_) return converts_alike(inst);
  // atom and red .add.f32 flush on global memory. Source: PTX ISA, atom.
  if ((inst.op == Opcode::atom_ || inst.op == Opcode::red_) && any_is(inst, Family::single))
    return inst.space == ptx::Space::global;
  if (inst.op == Opcode::tanh_ && inst.types.front() == Type::f32)
    return true;  // sees to it itself
  if (any_is(inst, Family::wide)) return false;
  if (any_is(inst, Family::bfloat)) return false;
  return !any_is(inst, Family::single) || inst.has(Mod::ftz_);
}

}  // namespace

bool bears_flushing(std::span<const Instruction> code) noexcept {
  return std::all_of(code.begin(), code.end(), bears);
}

bool may_flush_by_mode(std::span<const Instruction> code) noexcept {
  const bool gains = std::any_of(code.begin(), code.end(),
                                 [](const Instruction& inst) { return inst.has(Mod::ftz_); });
  return gains && bears_flushing(code);
}

}  // namespace vgpu::jit
