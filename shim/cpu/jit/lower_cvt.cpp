// cvt between two numbers. Source: PTX ISA, cvt.
#include "shim/cpu/jit/lower_cvt.h"

#include <llvm/IR/Intrinsics.h>

#include <algorithm>
#include <cmath>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_half.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

Value* clamp_integer(Emit& e, Value* value, bool from_signed, Type to) {
  const unsigned from_bits = value->getType()->getScalarSizeInBits();
  const unsigned to_bits = bits_of(to);
  const bool to_signed = is_signed(to);
  // Value bits without the sign: what the largest number has.
  const unsigned from_size = from_signed ? from_bits - 1 : from_bits;
  const unsigned to_size = to_signed ? to_bits - 1 : to_bits;
  const std::uint64_t highest =
      to_size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << to_size) - 1;
  if (!from_signed) return to_size < from_size ? at_most(e, value, highest) : value;
  if (!to_signed) value = binary(e, intrinsic::smax, value, num(value, 0));
  if (to_size >= from_size) return value;
  if (to_signed) value = binary(e, intrinsic::smax, value, num(value, ~highest));
  return binary(e, intrinsic::smin, value, num(value, highest));
}

Value* widen_number(Emit& e, Value* raw, Type from) {
  const Family family = family_of(from);
  const bool half = family == Family::half || family == Family::bfloat;
  return half ? widen_half(e, raw, family == Family::bfloat) : raw;
}

namespace {

/// .rni .rzi .rmi .rpi: the nearest whole number.
Value* whole(Emit& e, Value* value) {
  for (const Mod mod : e.i.mods) {
    if (mod == Mod::rni_) return unary(e, intrinsic::roundeven, value);
    if (mod == Mod::rzi_) return unary(e, intrinsic::trunc, value);
    if (mod == Mod::rmi_) return unary(e, intrinsic::floor, value);
    if (mod == Mod::rpi_) return unary(e, intrinsic::ceil, value);
  }
  return value;
}

}  // namespace

Value* integer_from_float(Emit& e, Value* value, Type to) {
  // The conversion itself truncates, so .rzi needs no rounding before.
  if (!e.i.has(Mod::rzi_)) value = whole(e, value);
  const bool with_sign = is_signed(to);
  const unsigned size = with_sign ? bits_of(to) - 1 : bits_of(to);
  const double bound = std::ldexp(1.0, static_cast<int>(size));
  // By hand: LLVM's saturating conversions fall apart into lanes. A lane that does not fit is
  // not defined by the conversion, and then not taken from it.
  Value* least = real(value, with_sign ? -bound : 0.0);
  Value* low = e.b.CreateSelect(e.b.CreateFCmpOGT(value, least), value, least);
  llvm::Type* type = int_like(value, std::max(32u, bits_of(to)));
  Value* inside = with_sign ? e.b.CreateFPToSI(low, type) : e.b.CreateFPToUI(low, type);
  Value* too_large = e.b.CreateFCmpOGE(value, real(value, bound));
  const std::uint64_t largest = ~std::uint64_t{0} >> (64 - size);
  Value* result = e.b.CreateSelect(too_large, num(type, largest), inside);
  if (with_sign) result = e.b.CreateSelect(is_nan(e, value), num(type, 0), result);
  return e.b.CreateTrunc(result, int_like(value, bits_of(to)));
}

Value* half_from_single(Emit& e, Value* single, bool bfloat) {
  if (e.i.has(Mod::relu_)) single = relu(e, single);
  if (e.i.has(Mod::sat_)) single = saturate(e, single);
  Value* half = narrow_half(e, single, bfloat, rounding_of(e.i));
  if (!e.i.has(Mod::satfinite_)) return half;
  const std::uint64_t infinity = bfloat ? 0x7f80 : 0x7c00;
  Value* magnitude = e.b.CreateAnd(half, num(half, 0x7fff));
  Value* infinite = e.b.CreateICmpEQ(magnitude, num(half, infinity));
  // The largest number is one below infinity.
  return e.b.CreateSelect(infinite, e.b.CreateSub(half, num(half, 1)), half);
}

namespace {

void integer_to_integer(Emit& e, Type from, Type to) {
  Value* value = e.src(1, from);
  if (e.i.has(Mod::sat_)) value = clamp_integer(e, value, is_signed(from), to);
  llvm::Type* type = e.type(to);
  e.dst(0,
        is_signed(from) ? e.b.CreateSExtOrTrunc(value, type) : e.b.CreateZExtOrTrunc(value, type),
        to);
}

Value* float_from_integer(Emit& e, Value* value, bool with_sign, llvm::Type* scalar) {
  const Rounded op = with_sign ? Rounded::from_signed : Rounded::from_unsigned;
  return round_operation(e, op, rounding_of(e.i), {value}, like(value->getType(), scalar));
}

/// f32 that rounds to bf16 as the integer would: the bits beyond f64 only matter as "not zero".
Value* sticky_single(Emit& e, Value* value, bool with_sign) {
  if (value->getType()->getScalarSizeInBits() == 64) {
    Value* low = e.b.CreateAnd(value, num(value, 0xffffff));
    Value* sticky = e.b.CreateSelect(e.b.CreateICmpNE(low, num(low, 0)), num(low, 0x800000), low);
    Value* coarse = e.b.CreateOr(e.b.CreateSub(value, low), sticky);
    const std::uint64_t limit = std::uint64_t{1} << 40;
    Value* shifted = with_sign ? e.b.CreateAdd(value, num(value, limit)) : value;
    Value* exact = e.b.CreateICmpULT(shifted, num(value, with_sign ? 2 * limit : limit));
    value = e.b.CreateSelect(exact, value, coarse);
  }
  llvm::Type* type = like(value->getType(), e.b.getDoubleTy());
  return narrow_to_odd(e,
                       with_sign ? e.b.CreateSIToFP(value, type) : e.b.CreateUIToFP(value, type));
}

void integer_to_float(Emit& e, Type from, Type to) {
  Value* value = e.src(1, from);
  const bool with_sign = is_signed(from);
  switch (family_of(to)) {
    case Family::half: {
      // What f32 cannot hold exactly is beyond f16's range.
      llvm::Type* single = like(value->getType(), e.b.getFloatTy());
      Value* wide = with_sign ? e.b.CreateSIToFP(value, single) : e.b.CreateUIToFP(value, single);
      return write(e, 0, half_from_single(e, wide, false), to);
    }
    case Family::bfloat:
      return write(e, 0, half_from_single(e, sticky_single(e, value, with_sign), true), to);
    case Family::single:
    case Family::wide:
    case Family::integer:
      break;
  }
  llvm::Type* scalar = family_of(to) == Family::wide ? e.b.getDoubleTy() : e.b.getFloatTy();
  Value* result = float_from_integer(e, value, with_sign, scalar);
  e.dst(0, e.i.has(Mod::sat_) ? saturate(e, result) : result, to);
}

void float_to_integer(Emit& e, Type from, Type to) {
  Value* value = widen_number(e, read(e, 1, from), from);
  if (from == Type::f32) value = flush(e, value);
  e.dst(0, integer_from_float(e, value, to), to);
}

/// tf32 is f32 with 10 bits of mantissa.
Value* narrow_tf32(Emit& e, Value* single) {
  Value* raw = to_bits(e, single);
  Value* rounded = raw;
  if (e.i.has(Mod::rna_)) {
    rounded = e.b.CreateAdd(raw, num(raw, 0x1000));
  } else if (e.i.has(Mod::rn_)) {
    Value* odd = e.b.CreateAnd(e.b.CreateLShr(raw, num(raw, 13)), num(raw, 1));
    rounded = e.b.CreateAdd(raw, e.b.CreateAdd(odd, num(raw, 0xfff)));
  }
  rounded = e.b.CreateAnd(rounded, num(raw, ~std::uint64_t{0x1fff}));
  if (e.i.has(Mod::satfinite_)) {
    Value* magnitude = e.b.CreateAnd(rounded, num(raw, 0x7fffffff));
    Value* infinite = e.b.CreateICmpEQ(magnitude, num(raw, 0x7f800000));
    rounded = e.b.CreateSelect(infinite, e.b.CreateSub(rounded, num(raw, 0x2000)), rounded);
  }
  Value* nan = e.b.CreateSelect(is_nan(e, single), num(raw, 0x7fffffff), rounded);
  return from_bits(e, nan, e.b.getFloatTy());
}

/// `value`, f32 or f64, as the destination type, not yet flushed or saturated.
Value* resize(Emit& e, Value* value, Type to) {
  const bool from_wide = value->getType()->getScalarType()->isDoubleTy();
  if (family_of(to) == Family::wide)
    return from_wide ? value : e.b.CreateFPExt(value, like(value->getType(), e.b.getDoubleTy()));
  if (!from_wide) return value;
  return round_operation(e, Rounded::narrow, rounding_of(e.i), {value},
                         like(value->getType(), e.b.getFloatTy()));
}

void float_to_float(Emit& e, Type from, Type to) {
  Value* value = widen_number(e, read(e, 1, from), from);
  if (from == Type::f32) {
    // The processor's flushing mode does not reach what is no floating-point operation.
    const bool on_bits = to == Type::f32 || to == Type::bf16;
    const bool by_hand = on_bits && e.i.has(Mod::ftz_);
    value = by_hand ? flush_always(e, value) : flush(e, value);
  }
  value = whole(e, value);
  const Family family = family_of(to);
  if (family == Family::half || family == Family::bfloat) {
    if (from == Type::f64) value = narrow_to_odd(e, value);
    return write(e, 0, half_from_single(e, value, family == Family::bfloat), to);
  }
  if (to == Type::tf32) {
    if (e.i.has(Mod::relu_)) value = relu(e, value);
    return e.dst(0, e.b.CreateBitCast(narrow_tf32(e, value), e.type(Type::b32)), Type::b32);
  }
  value = resize(e, value, to);
  if (to == Type::f32) value = flush(e, value);
  if (e.i.has(Mod::sat_)) value = saturate(e, value);
  e.dst(0, value, to);
}

}  // namespace

void lower_cvt(Emit& e) {
  if (e.i.has(Mod::rs_)) e.unsupported("stochastic rounding");
  if (e.i.has(Mod::pack_)) return convert_pack(e);
  const Type to = type_at(e, 0);
  const Type from = type_at(e, 1);
  if (e.i.operands.size() > 2 || is_packed(to) || to == Type::e4m3x2 || to == Type::e5m2x2)
    return convert_pair(e);
  const bool from_integer = family_of(from) == Family::integer;
  if (family_of(to) == Family::integer) {
    from_integer ? integer_to_integer(e, from, to) : float_to_integer(e, from, to);
  } else {
    from_integer ? integer_to_float(e, from, to) : float_to_float(e, from, to);
  }
}

}  // namespace vgpu::jit
