// mma.m8n8k4 of f16: four products at once, each in the lanes 4q .. 4q + 3 and 16 + 4q ..
// 16 + 4q + 3, the low and the high quad of pair q. Source: PTX ISA, "Matrix Fragments for
// mma.m8n8k4 with .f16 floating point type".
#include "shim/cpu/jit/lower_matrix_quads.h"

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_half.h"
#include "shim/cpu/jit/lower_matrix.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Operand;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

constexpr unsigned kDepth = 4;

/// Where an element is: in which lane, and which of the lane's elements.
struct Place {
  unsigned lane, element;
};

unsigned pair_of(unsigned lane) { return lane / 4 % 4; }
unsigned high(unsigned lane) { return lane / 16; }
unsigned lane_of(unsigned pair, unsigned high_quad, unsigned n) {
  return 16 * high_quad + 4 * pair + n;
}

/// Element k of a line: a row of A or a column of B. `by_line`: a lane holds a line (A in rows, B
/// in columns), else one k of half the lines.
Place place_of(bool by_line, unsigned pair, unsigned line, unsigned k) {
  if (by_line) return {lane_of(pair, line / 4, line % 4), k};
  return {lane_of(pair, line / 4, k), line % 4};
}

/// Row and column of a lane's accumulator `n`.
struct Cell {
  unsigned row, column;
};

Cell cell_of(bool single, unsigned lane, unsigned n) {
  if (!single) return {lane % 4 + 4 * high(lane), n};
  return {(lane & 1) + (n & 2) + 4 * high(lane), (n & 4) + (lane & 2) + (n & 1)};
}

/// The elements of f16 registers as f32, one after the other: element n of lane l is at 32 n + l.
Value* read_halves(Emit& e, unsigned operand) {
  Values all;
  for (const Operand& each : elements_of(e, operand, kDepth / 2)) {
    Value* pairs = e.src(each, Type::b32);
    for (const unsigned shift : {0u, 16u})
      all.push_back(
          widen_half(e, e.b.CreateTrunc(e.b.CreateLShr(pairs, shift), int_like(pairs, 16)), false));
  }
  return joined(e.b, all);
}

}  // namespace

void multiply_quads(Emit& e) {
  llvm::SmallVector<Mod, 2> order;
  for (const Mod mod : e.i.mods)
    if (mod == Mod::row_ || mod == Mod::col_) order.push_back(mod);
  if (order.size() != 2) e.unsupported("matrices in this order");
  const bool a_by_line = order[0] == Mod::row_;
  const bool b_by_line = order[1] == Mod::col_;
  const bool d_single = e.i.types[0] == Type::f32;
  const bool c_single = e.i.types[3] == Type::f32;
  Value* a = read_halves(e, 1);
  Value* b = read_halves(e, 2);
  const auto c = elements_of(e, 3, c_single ? 8 : 4);
  const auto d = elements_of(e, 0, d_single ? 8 : 4);
  if (c_single != d_single) e.unsupported("accumulators of two types");
  const auto factor = [&](Value* from, bool by_line, unsigned n, bool row, unsigned k) {
    return picked(e.b, from, kWarpSize, [&](unsigned lane) {
      const Cell cell = cell_of(d_single, lane, n);
      const Place at = place_of(by_line, pair_of(lane), row ? cell.row : cell.column, k);
      return at.element * kWarpSize + at.lane;
    });
  };
  Values sums;
  for (unsigned n = 0; n < 8; ++n) {
    Value* sum = nullptr;
    if (c_single) {
      sum = e.src(c[n], Type::f32);
    } else {
      Value* pairs = e.src(c[n / 2], Type::b32);
      Value* half = e.b.CreateTrunc(e.b.CreateLShr(pairs, n % 2 * 16), int_like(pairs, 16));
      sum = widen_half(e, half, false);
    }
    for (unsigned k = 0; k < kDepth; ++k)
      sum = ternary(e, intrinsic::fma, factor(a, a_by_line, n, true, k),
                    factor(b, b_by_line, n, false, k), sum);
    sums.push_back(sum);
  }
  for (unsigned n = 0; n < d.size(); ++n) {
    if (d_single) {
      e.dst(d[n], sums[n], Type::f32);
      continue;
    }
    const auto raw = [&](Value* sum) {
      Value* half = narrow_half(e, sum, false, Rounding::nearest);
      return e.b.CreateZExt(half, int_like(half, 32));
    };
    Value* pair = e.b.CreateOr(raw(sums[2 * n]), e.b.CreateShl(raw(sums[2 * n + 1]), 16));
    e.dst(d[n], pair, Type::b32);
  }
}

}  // namespace vgpu::jit
