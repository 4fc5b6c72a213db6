#include "shim/cpu/jit/shape.h"

#include <algorithm>

#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using ptx::Opcode;
using ptx::Operand;
using ptx::SpecialReg;

namespace {

constexpr unsigned kMaxAlign = 63;  // of zero
constexpr unsigned kLaneBits = 5;

}  // namespace

Shape Shape::uniform(unsigned align) {
  Shape shape;
  shape.kind = Kind::uniform;
  shape.align = static_cast<std::uint8_t>(std::min(align, kMaxAlign));
  return shape;
}

Shape Shape::affine(std::int64_t x, bool has_y, unsigned align) {
  Shape shape = uniform(align);
  if (x == 0 && !has_y) return shape;
  shape.kind = Kind::affine;
  shape.x = x;
  shape.has_y = has_y;
  return shape;
}

Shape Shape::varying() {
  Shape shape;
  shape.kind = Kind::varying;
  return shape;
}

Shape join(const Shape& a, const Shape& b) {
  using Kind = Shape::Kind;
  if (a.kind == Kind::unknown) return b;
  if (b.kind == Kind::unknown) return a;
  const unsigned align = std::min(a.align, b.align);
  const auto linear = [](const Shape& s) {
    return s.kind == Kind::uniform || s.kind == Kind::affine;
  };
  if (linear(a) && linear(b) && a.x == b.x) return Shape::affine(a.x, a.has_y || b.has_y, align);
  if (a.kind == Kind::wide && b.kind == Kind::wide && a.x == b.x && a.scale == b.scale &&
      a.is_signed == b.is_signed) {
    Shape both = a;
    both.has_y = a.has_y || b.has_y;
    both.align = static_cast<std::uint8_t>(align);
    return both;
  }
  return Shape::varying();
}

bool touches_carry(const ptx::Instruction& inst) noexcept {
  return inst.has(ptx::Mod::cc_) || inst.op == Opcode::addc_ || inst.op == Opcode::subc_ ||
         inst.op == Opcode::madc_;
}

bool is_integer(const Operand& operand) noexcept {
  return operand.kind == Operand::Kind::imm_int && operand.name.empty();
}

Shape special_shape(const BlockClass& block, SpecialReg reg, bool entry) {
  const bool known = entry && block.width != 0;
  const bool rows = block.rows() > 1;
  switch (reg) {
    case SpecialReg::tid_x:
      if (!known) return Shape::varying();
      return Shape::affine(1, false, block.width == 32 ? kLaneBits : kMaxAlign);
    case SpecialReg::tid_y:
      if (!known) return Shape::varying();
      return rows ? Shape::affine(0, true, 0) : Shape::uniform();
    case SpecialReg::tid_z:
      return known ? Shape::uniform() : Shape::varying();
    case SpecialReg::laneid:
      return Shape::affine(1, rows, kMaxAlign);
    case SpecialReg::lanemask_eq:
    case SpecialReg::lanemask_le:
    case SpecialReg::lanemask_lt:
    case SpecialReg::lanemask_ge:
    case SpecialReg::lanemask_gt:
      return Shape::varying();
    case SpecialReg::ntid_x:
      return Shape::uniform(block.x_is_multiple ? kLaneBits : 0);
    default:
      return Shape::uniform();
  }
}

Analysis analyse(const Code& code, const BlockClass& block) {
  Analysis analysis;
  analysis.block = block;
  analysis.webs.resize(code.webs.size());
  analysis.blend.resize(code.webs.size(), false);
  analysis.divergent.resize(code.blocks.size(), false);
  analysis.partial.resize(code.blocks.size(), false);
  // An out-of-line function runs under its caller's mask.
  if (!code.entry) analysis.partial.assign(code.blocks.size(), true);
  spread_irreducible(code, analysis);
  const auto post = post_dominators(code);
  const auto define = [&](std::int64_t web, const Shape& shape) {
    Shape& known = analysis.webs[static_cast<std::size_t>(web)];
    const Shape both = join(known, shape);
    if (both == known) return false;
    known = both;
    return true;
  };
  for (const auto web : code.live_in.front()) analysis.webs[web] = Shape::uniform();
  for (bool changed = true; changed;) {
    changed = false;
    for (const Block& each : code.blocks) {
      for (auto at = each.first; at < each.last; ++at) {
        const ptx::Instruction& inst = code.insts[at];
        Shape result = result_shape(code, analysis, inst);
        if (result.kind == Shape::Kind::unknown) continue;
        // Where a varying guard does not hold the old value stays.
        const bool masked =
            inst.guard >= 0 && !analysis.webs[static_cast<std::size_t>(inst.guard)].is_uniform();
        for_each_def(inst, [&](std::int64_t web) {
          const Web& known = code.webs[static_cast<std::size_t>(web)];
          const bool kept = masked && (known.defs.size() > 1 || known.live_at_entry);
          changed |= define(web, kept ? Shape::varying() : result);
        });
      }
    }
    if (changed) continue;
    for (std::uint32_t n = 0; n < code.blocks.size(); ++n) {
      const ptx::Instruction& last = code.insts[code.blocks[n].last - 1];
      if (analysis.divergent[n] || code.blocks[n].succs.size() < 2) continue;
      const Shape decides = last.op == Opcode::brx_
                                ? operand_shape(code, analysis, last.operands[0])
                                : analysis.webs[static_cast<std::size_t>(last.guard)];
      if (decides.kind == Shape::Kind::uniform || decides.kind == Shape::Kind::unknown) continue;
      analysis.divergent[n] = true;
      changed |= spread_divergence(code, post, n, analysis);
    }
  }
  return analysis;
}

}  // namespace vgpu::jit
