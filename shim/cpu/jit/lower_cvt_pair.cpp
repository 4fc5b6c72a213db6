// cvt with two elements in one register: f16x2, bf16x2, e4m3x2, e5m2x2 and cvt.pack.
#include <llvm/IR/Intrinsics.h>

#include <array>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_cvt.h"
#include "shim/cpu/jit/lower_half.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// An 8-bit float. Source: PTX ISA, 5.2.3.
struct Format8 {
  unsigned mantissa;  ///< Units: bits
  unsigned bias;
  std::uint64_t largest;  ///< bits of the largest number
  double least_normal;
  double subnormal_magic;  ///< its f32 unit in the last place is the format's smallest number
};

constexpr Format8 kE4m3{3, 7, 0x7e, 0x1p-6, 0x1p14};
constexpr Format8 kE5m2{2, 15, 0x7b, 0x1p-14, 0x1p7};
constexpr std::uint64_t kNan8 = 0x7f;

/// f32 to the bits of an 8-bit float, nearest even, too large gives the largest.
Value* byte_from_single(Emit& e, Value* single, const Format8& format) {
  if (e.i.has(Mod::relu_)) single = relu(e, single);
  Value* size = unary(e, intrinsic::fabs, single);
  Value* raw = to_bits(e, size);
  const unsigned dropped = 23 - format.mantissa;
  Value* odd = e.b.CreateAnd(e.b.CreateLShr(raw, num(raw, dropped)), num(raw, 1));
  Value* half = e.b.CreateAdd(odd, num(raw, (std::uint64_t{1} << (dropped - 1)) - 1));
  Value* rounded = e.b.CreateLShr(e.b.CreateAdd(raw, half), num(raw, dropped));
  Value* normal = e.b.CreateSub(rounded, num(raw, (127u - format.bias) << format.mantissa));
  Value* magic = real(size, format.subnormal_magic);
  Value* subnormal = e.b.CreateSub(to_bits(e, e.b.CreateFAdd(size, magic)), to_bits(e, magic));
  Value* small = e.b.CreateFCmpOLT(size, real(size, format.least_normal));
  Value* bits = e.b.CreateSelect(small, subnormal, at_most(e, normal, format.largest));
  Value* sign = e.b.CreateAnd(e.b.CreateLShr(to_bits(e, single), num(raw, 24)), num(raw, 0x80));
  return e.b.CreateSelect(is_nan(e, single), num(raw, kNan8), e.b.CreateOr(bits, sign));
}

/// Bits of an 8-bit float in i32 lanes to those of f16.
Value* half_from_byte(Emit& e, Value* byte, bool e5m2) {
  Value* wide = e.b.CreateTrunc(byte, int_like(byte, 16));
  Value* sign = e.b.CreateShl(e.b.CreateAnd(wide, num(wide, 0x80)), num(wide, 8));
  Value* rest = e.b.CreateAnd(wide, num(wide, 0x7f));
  if (e5m2) {
    // The same exponent as f16.
    Value* bits = e.b.CreateShl(rest, num(wide, 8));
    Value* nan = e.b.CreateICmpUGT(bits, num(wide, 0x7c00));
    return e.b.CreateSelect(nan, num(wide, 0x7fff), e.b.CreateOr(bits, sign));
  }
  // The mantissa lines up after a shift; the exponent is 8 too small, for subnormals too.
  Value* single = widen_half(e, e.b.CreateShl(rest, num(wide, 7)), false);
  Value* scaled = e.b.CreateFMul(single, real(single, 0x1p8));
  Value* bits = to_bits(e, e.b.CreateFPTrunc(scaled, like(scaled->getType(), e.b.getHalfTy())));
  Value* nan = e.b.CreateICmpEQ(rest, num(wide, kNan8));
  return e.b.CreateSelect(nan, num(wide, 0x7fff), e.b.CreateOr(bits, sign));
}

/// The two f32 elements of the source, upper first: two registers, or the halves of one.
std::array<Value*, 2> elements(Emit& e, Type from) {
  if (from == Type::f32) return {flush(e, e.src(1, from)), flush(e, e.src(2, from))};
  if (from != Type::f16x2) e.unsupported("this source type");
  Value* pair = e.src(1, Type::b32);
  llvm::Type* half = int_like(pair, 16);
  Value* upper = e.b.CreateTrunc(e.b.CreateLShr(pair, num(pair, 16)), half);
  return {widen_half(e, upper, false), widen_half(e, e.b.CreateTrunc(pair, half), false)};
}

/// Two values side by side in `bits` each, in i32.
Value* joined(Emit& e, Value* upper, Value* lower, unsigned bits) {
  llvm::Type* word = int_like(upper, 32);
  Value* high = e.b.CreateShl(e.b.CreateZExt(upper, word), num(word, bits));
  return e.b.CreateOr(high, e.b.CreateZExt(lower, word));
}

void to_half_pair(Emit& e, Type from, Type to) {
  const Rounding mode = rounding_of(e.i);
  if (mode != Rounding::nearest && mode != Rounding::zero) e.unsupported("this rounding");
  if (from == Type::e4m3x2 || from == Type::e5m2x2) {
    if (to != Type::f16x2 || mode != Rounding::nearest || e.i.has(Mod::satfinite_))
      e.unsupported("this form");
    Value* pair = e.b.CreateZExt(e.src(1, Type::b16), e.type(Type::b32));
    const bool e5m2 = from == Type::e5m2x2;
    const auto half = [&](Value* byte) {
      Value* bits = half_from_byte(e, byte, e5m2);
      // NaN has no sign here, so that a negative pattern is a negative number.
      return e.i.has(Mod::relu_) ? binary(e, intrinsic::smax, bits, num(bits, 0)) : bits;
    };
    Value* upper = half(e.b.CreateLShr(pair, num(pair, 8)));
    return e.dst(0, joined(e, upper, half(pair), 16), Type::b32);
  }
  const auto [upper, lower] = elements(e, from);
  const bool bfloat = to == Type::bf16x2;
  e.dst(0, joined(e, half_from_single(e, upper, bfloat), half_from_single(e, lower, bfloat), 16),
        Type::b32);
}

}  // namespace

void convert_pair(Emit& e) {
  if (e.i.has(Mod::scaled_n2_ue8m0_)) e.unsupported("scaling");
  const Type to = type_at(e, 0);
  const Type from = type_at(e, 1);
  if (to == Type::f16x2 || to == Type::bf16x2) return to_half_pair(e, from, to);
  if (to != Type::e4m3x2 && to != Type::e5m2x2) e.unsupported("this destination type");
  if (rounding_of(e.i) != Rounding::nearest || !e.i.has(Mod::satfinite_))
    e.unsupported("a form other than .rn.satfinite");
  const Format8& format = to == Type::e4m3x2 ? kE4m3 : kE5m2;
  const auto [upper, lower] = elements(e, from);
  Value* both =
      joined(e, byte_from_single(e, upper, format), byte_from_single(e, lower, format), 8);
  e.dst(0, e.b.CreateTrunc(both, e.type(Type::b16)), Type::b16);
}

void convert_pack(Emit& e) {
  const Type to = type_at(e, 0);
  const unsigned bits = bits_of(to);
  const auto part = [&](unsigned index) {
    Value* value = clamp_integer(e, e.src(index, Type::s32), true, to);
    return e.b.CreateAnd(value, num(value, (std::uint64_t{1} << bits) - 1));
  };
  Value* both = e.b.CreateOr(e.b.CreateShl(part(1), num(e.type(Type::b32), bits)), part(2));
  if (e.i.operands.size() > 3) {
    // The third source moves up and makes room.
    Value* rest = e.src(3, Type::b32);
    both = e.b.CreateOr(e.b.CreateShl(rest, num(rest, std::uint64_t{2} * bits)), both);
  }
  e.dst(0, both, Type::b32);
}

}  // namespace vgpu::jit
