#include <algorithm>
#include <bit>

#include "shim/cpu/jit/operands.h"
#include "shim/cpu/jit/shape.h"

namespace vgpu::jit {

using Kind = Shape::Kind;
using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::SpecialReg;

namespace {

constexpr unsigned kLaneBits = 5;
constexpr unsigned kExact = 63;  // the alignment of zero

unsigned trailing_zeros(std::int64_t value) {
  return value == 0 ? kExact
                    : static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(value)));
}

bool linear(const Shape& s) { return s.kind == Kind::uniform || s.kind == Kind::affine; }

Shape add(const Shape& a, const Shape& b, std::int64_t sign) {
  const unsigned align = std::min(a.align, b.align);
  if (linear(a) && linear(b)) return Shape::affine(a.x + sign * b.x, a.has_y || b.has_y, align);
  if (a.kind == Kind::wide && b.kind == Kind::uniform) return a;
  if (b.kind == Kind::wide && a.kind == Kind::uniform && sign > 0) return b;
  return Shape::varying();
}

/// Whether v holds in no more than `bits` bits, so that strides stay exact.
bool small(std::int64_t value) { return value > -(1ll << 31) && value < (1ll << 31); }

Shape scaled(const Shape& a, std::int64_t factor) {
  if (!small(factor) || !small(a.x * factor)) return Shape::varying();
  const unsigned align = std::min<unsigned>(a.align + trailing_zeros(factor), kExact);
  if (linear(a)) return Shape::affine(a.x * factor, a.has_y && factor != 0, align);
  if (a.kind == Kind::wide && factor != 0 && small(a.scale * factor)) {
    Shape shape = a;
    shape.scale *= factor;
    return shape;
  }
  return Shape::varying();
}

Shape product(const Shape& a, const Shape& b, const Operand& left, const Operand& right) {
  if (is_integer(right)) return scaled(a, right.value);
  if (is_integer(left)) return scaled(b, left.value);
  const unsigned align = std::min<unsigned>(a.align + b.align, kExact);
  if (a.is_uniform() && b.is_uniform()) return Shape::uniform(align);
  // Rows times a uniform value stay rows.
  const bool rows = (a.kind == Kind::affine && a.x == 0 && b.is_uniform()) ||
                    (b.kind == Kind::affine && b.x == 0 && a.is_uniform());
  return rows ? Shape::affine(0, true, 0) : Shape::varying();
}

/// 32 bits extended to 64: linear only where no lane of the row wraps around.
Shape extended(const Shape& a, bool is_signed) {
  if (a.is_uniform()) return a;
  if (a.kind != Kind::affine) return Shape::varying();
  // The base is a multiple of a power of two that the lanes' part does not reach.
  if (!a.has_y && a.x > 0 && a.x < (1ll << 26) && a.align >= kLaneBits &&
      a.x * 31 < (1ll << std::min<unsigned>(a.align, 31)))
    return a;
  Shape shape = a;
  shape.kind = Kind::wide;
  shape.scale = 1;
  shape.is_signed = is_signed;
  return shape;
}

bool is_signed(ptx::Type type) {
  return type == ptx::Type::s32 || type == ptx::Type::s64 || type == ptx::Type::s16 ||
         type == ptx::Type::s8;
}

bool is_int(ptx::Type type) {
  switch (type) {
    case ptx::Type::b32:
    case ptx::Type::u32:
    case ptx::Type::s32:
    case ptx::Type::b64:
    case ptx::Type::u64:
    case ptx::Type::s64:
      return true;
    default:
      return false;
  }
}

Shape converted(const Shape& a, ptx::Type to, ptx::Type from) {
  if (a.is_uniform()) return is_int(to) && is_int(from) ? a : Shape::uniform();
  if (!is_int(to) || !is_int(from)) return Shape::varying();
  const unsigned to_size = ptx::size_of(to);
  const unsigned from_size = ptx::size_of(from);
  if (to_size == from_size) return a;
  if (to_size > from_size) return extended(a, is_signed(from));
  if (a.kind == Kind::wide) return Shape::affine(a.x * a.scale, a.has_y, 0);
  return a.kind == Kind::affine ? a : Shape::varying();
}

/// The low and high bits of a lane count whose base is aligned: tid & 31, tid >> 5.
Shape masked(const Shape& a, std::int64_t mask) {
  if (a.kind != Kind::affine || a.has_y || a.x <= 0) return Shape::varying();
  const unsigned align = std::min<unsigned>(a.align, 31);
  const std::int64_t low = (1ll << align) - 1;
  if (a.x * 31 > low) return Shape::varying();
  const auto bits = mask & 0xffffffffll;
  if ((bits & low) == low) return a;
  const std::int64_t used = (1ll << std::bit_width(static_cast<std::uint64_t>(a.x * 31))) - 1;
  if ((bits & used) == used) return Shape::affine(a.x, false, trailing_zeros(used + 1));
  return (bits & used) == 0 ? Shape::uniform(0) : Shape::varying();
}

Shape shifted_right(const Shape& a, std::int64_t count) {
  if (a.kind != Kind::affine || a.has_y || a.x <= 0 || count < 0 || count > 31)
    return Shape::varying();
  const unsigned align = std::min<unsigned>(a.align, 31);
  if (count > static_cast<std::int64_t>(align) || a.x * 31 >= (1ll << count))
    return Shape::varying();
  return Shape::uniform(align - static_cast<unsigned>(count));
}

bool all_uniform(const Code& code, const Analysis& analysis, const ptx::Instruction& inst) {
  bool uniform = true;
  const unsigned destinations = destination_count(inst);
  const auto look = [&](const Operand& operand) {
    if (operand.kind == Operand::Kind::reg || operand.kind == Operand::Kind::special)
      uniform &= operand_shape(code, analysis, operand).is_uniform();
  };
  for (unsigned n = destinations; n < inst.operands.size(); ++n) {
    look(inst.operands[n]);
    for (const Operand& element : inst.operands[n].elements) look(element);
  }
  return uniform;
}

bool has_unknown(const Analysis& analysis, const ptx::Instruction& inst) {
  bool unknown = false;
  for_each_use(inst, [&](std::int64_t web) {
    unknown |= analysis.webs[static_cast<std::size_t>(web)].kind == Kind::unknown;
  });
  return unknown;
}

Shape load_shape(const Code& code, const Analysis& analysis, const ptx::Instruction& inst) {
  if (inst.space == ptx::Space::local) return Shape::varying();
  if (inst.space == ptx::Space::param && !code.entry) return Shape::varying();
  if (inst.operands.size() < 2) return Shape::varying();
  const Operand& address = inst.operands[1];
  if (!address.base_is_reg) return Shape::uniform();
  return analysis.webs[static_cast<std::size_t>(address.value)].is_uniform() ? Shape::uniform()
                                                                             : Shape::varying();
}

/// cvta.local gives every lane its own address: `stride` bytes apart.
Shape generic_local(const Code& code, const Analysis& analysis, const Shape& offset) {
  if (!offset.is_uniform()) return Shape::varying();
  const auto stride = static_cast<std::int64_t>(code.local_bytes);
  return Shape::affine(stride, analysis.block.rows() > 1, 0);
}

Shape integer_rule(const Code& code, const Analysis& analysis, const ptx::Instruction& inst) {
  const auto shape = [&](unsigned n) { return operand_shape(code, analysis, inst.operands[n]); };
  const auto& ops = inst.operands;
  switch (inst.op) {
    case Opcode::add_:
      return add(shape(1), shape(2), 1);
    case Opcode::sub_:
      return add(shape(1), shape(2), -1);
    case Opcode::mul_:
    case Opcode::mad_: {
      if (inst.has(Mod::hi_)) return Shape::varying();
      Shape value;
      if (inst.has(Mod::wide_)) {
        if (ptx::size_of(inst.types[0]) != 4 || !(is_integer(ops[1]) || is_integer(ops[2])))
          return Shape::varying();
        const unsigned factor = is_integer(ops[2]) ? 2 : 1;
        const Shape wide = extended(shape(3 - factor), is_signed(inst.types[0]));
        value = scaled(wide, wide_factor(inst, ops[factor]));
      } else {
        value = product(shape(1), shape(2), ops[1], ops[2]);
      }
      return inst.op == Opcode::mad_ ? add(value, shape(3), 1) : value;
    }
    case Opcode::shl_:
      if (!is_integer(ops[2]) || ops[2].value < 0 || ops[2].value > 30) return Shape::varying();
      return scaled(shape(1), 1ll << ops[2].value);
    case Opcode::shr_:
      return is_integer(ops[2]) ? shifted_right(shape(1), ops[2].value) : Shape::varying();
    case Opcode::and_:
      return is_integer(ops[2]) ? masked(shape(1), ops[2].value) : Shape::varying();
    case Opcode::selp_:
      return shape(3).is_uniform() ? join(shape(1), shape(2)) : Shape::varying();
    default:
      return Shape::varying();
  }
}

}  // namespace

std::int64_t wide_factor(const ptx::Instruction& inst, const Operand& factor) noexcept {
  const auto bits = static_cast<std::uint32_t>(factor.value);
  return is_signed(inst.types[0]) ? static_cast<std::int64_t>(static_cast<std::int32_t>(bits))
                                  : static_cast<std::int64_t>(bits);
}

Shape operand_shape(const Code& code, const Analysis& analysis, const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::reg:
      return analysis.webs[static_cast<std::size_t>(operand.value)];
    case Operand::Kind::special:
      return special_shape(analysis.block, static_cast<SpecialReg>(operand.value), code.entry);
    case Operand::Kind::imm_int:
      if (!operand.name.empty()) return Shape::uniform();
      return Shape::uniform(trailing_zeros(operand.value));
    default:
      return Shape::uniform();
  }
}

Shape result_shape(const Code& code, const Analysis& analysis, const ptx::Instruction& inst) {
  if (destination_count(inst) == 0) return {};
  switch (inst.op) {
    case Opcode::ld_:
    case Opcode::ldu_:
      return has_unknown(analysis, inst) ? Shape{} : load_shape(code, analysis, inst);
    case Opcode::bar_:
    case Opcode::barrier_:
      return Shape::uniform();
    case Opcode::atom_:
    case Opcode::mbarrier_:
    case Opcode::createpolicy_:
    case Opcode::call_:
      return Shape::varying();
    case Opcode::vote_: {
      // A group's lanes get the same result, but lanes may name different groups.
      const bool named = inst.has(ptx::Mod::sync_);
      const Shape group =
          named ? operand_shape(code, analysis, inst.operands.back()) : Shape::uniform();
      if (group.kind == Shape{}.kind) return {};
      return group.is_uniform() ? Shape::uniform() : Shape::varying();
    }
    case Opcode::activemask_:
      return Shape::uniform();
    default:
      break;
  }
  if (is_collective(inst.op) || touches_carry(inst)) return Shape::varying();
  if (has_unknown(analysis, inst)) return {};
  if (inst.op == Opcode::cvta_) {
    const Shape from = operand_shape(code, analysis, inst.operands[1]);
    if (inst.space != ptx::Space::local) {
      if (from.kind != Kind::affine && from.kind != Kind::wide)
        return from.is_uniform() ? Shape::uniform() : from;
      Shape moved = from;
      moved.align = 0;
      return moved;
    }
    return inst.has(Mod::to_) ? Shape::varying() : generic_local(code, analysis, from);
  }
  const bool uniform = all_uniform(code, analysis, inst);
  if (inst.op == Opcode::mov_ && inst.operands[0].kind == Operand::Kind::reg &&
      inst.operands[1].kind != Operand::Kind::vector && !inst.types.empty() &&
      (uniform || is_int(inst.types[0])))
    return operand_shape(code, analysis, inst.operands[1]);
  const bool integers = !inst.types.empty() && is_int(inst.types[0]) && !inst.has(Mod::sat_);
  Shape shape = Shape::varying();
  const auto reads_whole = [&](const Operand& from) {
    return from.kind != Operand::Kind::reg ||
           ptx::size_of(code.webs[static_cast<std::size_t>(from.value)].type) ==
               ptx::size_of(inst.types[1]);
  };
  if (inst.op == Opcode::cvt_ && inst.types.size() == 2 && !inst.has(Mod::sat_) &&
      (uniform || reads_whole(inst.operands[1])))
    shape =
        converted(operand_shape(code, analysis, inst.operands[1]), inst.types[0], inst.types[1]);
  else if (integers)
    shape = integer_rule(code, analysis, inst);
  return uniform && !shape.is_uniform() ? Shape::uniform() : shape;
}

}  // namespace vgpu::jit
