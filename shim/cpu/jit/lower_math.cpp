#include "shim/cpu/jit/lower_math.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include <limits>
#include <span>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_half.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Adding it rounds a small float to a whole number, which then stands in the low bits.
constexpr double kWhole = 0x1.8p23;

Value* fused(Emit& e, Value* a, Value* b, Value* c) { return ternary(e, intrinsic::fma, a, b, c); }

/// coefficients[0] + x * (coefficients[1] + ...).
Value* polynomial(Emit& e, Value* x, std::span<const double> coefficients) {
  Value* sum = real(x, coefficients.back());
  for (std::size_t k = coefficients.size() - 1; k-- > 0;)
    sum = fused(e, sum, x, real(x, coefficients[k]));
  return sum;
}

/// 2^x for x in [-126, 128).
Value* exp2_inside(Emit& e, Value* x) {
  // (2^f - 1) / f on [-1/2, 1/2], so that whole powers are exact.
  static constexpr double kTerms[] = {0x1.62e430p-1, 0x1.ebfbe0p-3,  0x1.c6af6cp-5,
                                      0x1.3b2a54p-7, 0x1.5f0890p-10, 0x1.44138ap-13};
  Value* shifted = e.b.CreateFAdd(x, real(x, kWhole));
  Value* fraction = e.b.CreateFSub(x, e.b.CreateFSub(shifted, real(x, kWhole)));
  Value* power = fused(e, polynomial(e, fraction, kTerms), fraction, real(x, 1.0));
  // The whole part goes into the exponent; the rest of `shifted` falls out at the top.
  Value* whole = to_bits(e, shifted);
  Value* bits = e.b.CreateAdd(to_bits(e, power), e.b.CreateShl(whole, num(whole, 23)));
  return from_bits(e, bits, e.b.getFloatTy());
}

}  // namespace

Value* exp2_single(Emit& e, Value* x, bool flushed) {
  Value* small = nullptr;
  Value* argument = x;
  if (!flushed) {
    // A subnormal result is computed 2^64 larger and scaled, so that it is rounded once.
    small = e.b.CreateFCmpOLT(x, real(x, -125.0));
    argument = e.b.CreateSelect(small, e.b.CreateFAdd(x, real(x, 64.0)), x);
  }
  Value* result = exp2_inside(e, argument);
  result = e.b.CreateSelect(e.b.CreateFCmpOLT(argument, real(x, -126.0)), real(x, 0.0), result);
  if (small != nullptr)
    result = e.b.CreateSelect(small, e.b.CreateFMul(result, real(x, 0x1p-64)), result);
  // Infinity from 128 on; NaN stays NaN.
  Value* beyond = e.b.CreateFAdd(x, real(x, kInfinity));
  return e.b.CreateSelect(e.b.CreateFCmpOLT(x, real(x, 128.0)), result, beyond);
}

Value* log2_single(Emit& e, Value* x) {
  // log2(1 + f) / f on [sqrt(1/2) - 1, sqrt(2) - 1].
  static constexpr double kTerms[] = {0x1.715476p+0, -0x1.715470p-1, 0x1.ec70aap-2, -0x1.715a70p-2,
                                      0x1.277a52p-2, -0x1.eab7aap-3, 0x1.a38c68p-3, -0x1.87f6a2p-3,
                                      0x1.7a63a0p-3, -0x1.b84fb6p-4};
  constexpr std::uint64_t kRootHalf = 0x3f3504f3;  // bits of sqrt(1/2)
  Value* small = e.b.CreateFCmpOLT(x, real(x, 0x1p-126));
  Value* scaled = e.b.CreateSelect(small, e.b.CreateFMul(x, real(x, 0x1p23)), x);
  Value* raw = to_bits(e, scaled);
  Value* exponent = e.b.CreateAShr(e.b.CreateSub(raw, num(raw, kRootHalf)), num(raw, 23));
  Value* mantissa = e.b.CreateSub(raw, e.b.CreateShl(exponent, num(raw, 23)));
  Value* f = e.b.CreateFSub(from_bits(e, mantissa, e.b.getFloatTy()), real(x, 1.0));
  exponent = e.b.CreateSelect(small, e.b.CreateSub(exponent, num(raw, 23)), exponent);
  Value* whole = e.b.CreateSIToFP(exponent, x->getType());
  Value* result = fused(e, polynomial(e, f, kTerms), f, whole);
  result = e.b.CreateSelect(e.b.CreateFCmpOLT(x, real(x, kInfinity)), result, x);
  result = e.b.CreateSelect(e.b.CreateFCmpOLT(x, real(x, 0.0)), canonical_nan(x), result);
  return e.b.CreateSelect(e.b.CreateFCmpOEQ(x, real(x, 0.0)), real(x, -kInfinity), result);
}

namespace {

/// x reduced to about [-pi/4, pi/4] and the number of quarter turns taken off, modulo 4.
struct Reduced {
  Value* angle;
  Value* turns;
};

Reduced reduce(Emit& e, Value* x) {
  Value* turns = unary(e, intrinsic::roundeven, e.b.CreateFMul(x, real(x, 0x1.45f306p-1)));
  Value* angle = x;
  // pi / 2 in three parts.
  for (const double part : {0x1.921fb6p+0, -0x1.777a5cp-25, -0x1.ee59dap-50})
    angle = fused(e, turns, real(x, -part), angle);
  // The number of turns of a large x is rounded, so that the angle goes a little beyond; for huge x
  // nothing of it is left, but the result must still be a sine.
  for (const double limit : {0.9, -0.9}) {
    Value* bound = real(x, limit);
    Value* outside = limit > 0 ? e.b.CreateFCmpOGT(angle, bound) : e.b.CreateFCmpOLT(angle, bound);
    angle = e.b.CreateSelect(outside, bound, angle);
  }
  Value* quarter = unary(e, intrinsic::floor, e.b.CreateFMul(turns, real(x, 0.25)));
  Value* rest = fused(e, quarter, real(x, -4.0), turns);
  return {angle, to_bits(e, e.b.CreateFAdd(rest, real(x, kWhole)))};
}

/// sin(angle + turns * pi/2).
Value* sine_of(Emit& e, const Reduced& x) {
  // (sin(x) - x) / x^3 and (cos(x) - 1) / x^2, in x^2 on [0, pi^2 / 16].
  static constexpr double kSine[] = {-0x1.555556p-3, 0x1.11110ep-7, -0x1.a013a2p-13,
                                     0x1.6dbbeep-19};
  static constexpr double kCosine[] = {-0x1.000000p-1, 0x1.55554cp-5, -0x1.6c0e00p-10,
                                       0x1.9a6c4ap-16};
  Value* square = e.b.CreateFMul(x.angle, x.angle);
  Value* cube = e.b.CreateFMul(square, x.angle);
  Value* sine = fused(e, polynomial(e, square, kSine), cube, x.angle);
  Value* cosine = fused(e, polynomial(e, square, kCosine), square, real(square, 1.0));
  Value* odd = e.b.CreateICmpNE(e.b.CreateAnd(x.turns, num(x.turns, 1)), num(x.turns, 0));
  Value* raw = to_bits(e, e.b.CreateSelect(odd, cosine, sine));
  Value* sign = e.b.CreateShl(e.b.CreateAnd(x.turns, num(x.turns, 2)), num(x.turns, 30));
  return from_bits(e, e.b.CreateXor(raw, sign), e.b.getFloatTy());
}

}  // namespace

Value* sin_single(Emit& e, Value* x) {
  // Through |x|: the reduction would lose the sign of -0.
  Value* raw = to_bits(e, x);
  Value* sign = e.b.CreateAnd(raw, num(raw, 0x80000000u));
  Value* sine = to_bits(e, sine_of(e, reduce(e, unary(e, intrinsic::fabs, x))));
  return from_bits(e, e.b.CreateXor(sine, sign), e.b.getFloatTy());
}

Value* cos_single(Emit& e, Value* x) {
  Reduced reduced = reduce(e, x);
  reduced.turns = e.b.CreateAdd(reduced.turns, num(reduced.turns, 1));
  return sine_of(e, reduced);
}

Value* tanh_single(Emit& e, Value* x) {
  // (tanh(x) - x) / x^3 in x^2 on [0, 0.625^2]; above that 1 - 2 / (e^2x + 1).
  static constexpr double kTerms[] = {-0x1.555552p-2, 0x1.110e1cp-3, -0x1.b9258ap-5, 0x1.58048ep-6,
                                      -0x1.8f8de4p-8};
  Value* size = unary(e, intrinsic::fabs, x);
  Value* square = e.b.CreateFMul(size, size);
  Value* cube = e.b.CreateFMul(square, size);
  Value* small = fused(e, polynomial(e, square, kTerms), cube, size);
  Value* bounded = e.b.CreateSelect(e.b.CreateFCmpOLT(size, real(x, 10.0)), size, real(x, 10.0));
  Value* power = exp2_inside(e, e.b.CreateFMul(bounded, real(x, 0x1.715476p+1)));
  Value* ratio = e.b.CreateFDiv(real(x, 2.0), e.b.CreateFAdd(power, real(x, 1.0)));
  Value* large = e.b.CreateFSub(real(x, 1.0), ratio);
  Value* result = e.b.CreateSelect(e.b.CreateFCmpOLT(size, real(x, 0.625)), small, large);
  result = binary(e, intrinsic::copysign, result, x);
  if (e.flushes_by_mode()) {  // there is no tanh that flushes
    Value* const bits = e.b.CreateBitCast(size, e.type(Type::b32));
    result = e.b.CreateSelect(e.b.CreateICmpULT(bits, num(bits, 0x00800000)), x, result);
  }
  return e.b.CreateSelect(is_nan(e, x), canonical_nan(x), result);
}

namespace {

using Function = Value* (*)(Emit&, Value*);

/// f32, or a half type by way of f32.
void apply(Emit& e, Function function) {
  const Type type = type_at(e);
  if (type == Type::f32) return e.dst(0, flush(e, function(e, flush(e, e.src(1, type)))), type);
  const bool bfloat = family_of(type) == Family::bfloat;
  Value* x = widen_half(e, read(e, 1, type), bfloat);
  write(e, 0, narrow_half(e, function(e, x), bfloat, Rounding::nearest), type);
}

}  // namespace

void lower_ex2(Emit& e) {
  // Half results are never subnormal in f32, but for bf16, whose form is .ftz.
  const bool flushed = e.i.has(Mod::ftz_) || type_at(e) != Type::f32;
  if (flushed) return apply(e, [](Emit& in, Value* x) { return exp2_single(in, x, true); });
  apply(e, [](Emit& in, Value* x) { return exp2_single(in, x, false); });
}

void lower_lg2(Emit& e) { apply(e, log2_single); }
void lower_sin(Emit& e) { apply(e, sin_single); }
void lower_cos(Emit& e) { apply(e, cos_single); }
void lower_tanh(Emit& e) { apply(e, tanh_single); }

}  // namespace vgpu::jit
