#include "shim/cpu/jit/lower_integer.h"

#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// a + b + the carry flag if `with_carry`; writes the flag for .cc. Subtraction is a + ~b + 1, so
/// the flag is an inverted borrow there, as the hardware has it.
Value* add_with_carry(Emit& e, Value* a, Value* b, Value* carry_in) {
  Value* sum = e.b.CreateAdd(a, b);
  Value* out = e.b.CreateICmpULT(sum, a);
  Value* total = e.b.CreateAdd(sum, e.b.CreateZExt(carry_in, sum->getType()));
  if (e.i.has(Mod::cc_)) e.set_carry(e.b.CreateOr(out, e.b.CreateICmpULT(total, sum)));
  return total;
}

Value* no_carry(Emit& e) { return num(at_width(e, e.b.getInt1Ty()), 0); }
Value* one_carry(Emit& e) { return num(at_width(e, e.b.getInt1Ty()), 1); }

Value* widen(Emit& e, Value* value, bool with_sign) {
  llvm::Type* type = int_like(value, 2 * value->getType()->getScalarSizeInBits());
  return with_sign ? e.b.CreateSExt(value, type) : e.b.CreateZExt(value, type);
}

Type twice(Type type) {
  switch (type) {
    case Type::u16:
      return Type::u32;
    case Type::s16:
      return Type::s32;
    case Type::u32:
      return Type::u64;
    default:
      return Type::s64;
  }
}

/// The 64 x 64 bit product's upper half from 32-bit parts: vectors have no wider multiplication.
Value* multiply_high_parts(Emit& e, Value* a, Value* b) {
  const auto low = [&](Value* v) { return e.b.CreateAnd(v, num(v, 0xffffffffu)); };
  const auto high = [&](Value* v) { return e.b.CreateLShr(v, num(v, 32)); };
  Value* corner = e.b.CreateMul(low(a), low(b));
  Value* left = e.b.CreateMul(high(a), low(b));
  Value* right = e.b.CreateMul(low(a), high(b));
  Value* top = e.b.CreateMul(high(a), high(b));
  Value* middle = e.b.CreateAdd(e.b.CreateAdd(high(corner), low(left)), low(right));
  Value* upper = e.b.CreateAdd(e.b.CreateAdd(high(left), high(right)), high(middle));
  return e.b.CreateAdd(top, upper);
}

/// The product that .lo or .hi asks for.
Value* product(Emit& e, Type type) {
  Value* a = e.src(1, type);
  Value* b = e.src(2, type);
  return e.i.has(Mod::hi_) ? multiply_high(e, a, b, is_signed(type)) : e.b.CreateMul(a, b);
}

Value* wide_product(Emit& e, Type type) {
  return e.b.CreateMul(widen(e, e.src(1, type), is_signed(type)),
                       widen(e, e.src(2, type), is_signed(type)));
}

/// Bits 0 to 47 of the product of the low 24 bits, as i64.
Value* product24(Emit& e, Type type) {
  const auto part = [&](unsigned index) {
    Value* wide = e.b.CreateShl(e.src(index, type), num(e.type(type), 8));
    wide =
        is_signed(type) ? e.b.CreateAShr(wide, num(wide, 8)) : e.b.CreateLShr(wide, num(wide, 8));
    return widen(e, wide, is_signed(type));
  };
  return e.b.CreateMul(part(1), part(2));
}

Value* selected24(Emit& e, Type type) {
  Value* whole = product24(e, type);
  if (e.i.has(Mod::hi_)) whole = e.b.CreateLShr(whole, num(whole, 16));
  return e.b.CreateTrunc(whole, e.type(type));
}

}  // namespace

Value* multiply_high(Emit& e, Value* a, Value* b, bool with_sign) {
  const unsigned bits = a->getType()->getScalarSizeInBits();
  if (bits < 64 || !a->getType()->isVectorTy()) {
    Value* whole = e.b.CreateMul(widen(e, a, with_sign), widen(e, b, with_sign));
    return e.b.CreateTrunc(e.b.CreateLShr(whole, num(whole, bits)), a->getType());
  }
  Value* high = multiply_high_parts(e, a, b);
  if (!with_sign) return high;
  Value* zero = num(a, 0);
  high = e.b.CreateSub(high, e.b.CreateSelect(e.b.CreateICmpSLT(a, zero), b, zero));
  return e.b.CreateSub(high, e.b.CreateSelect(e.b.CreateICmpSLT(b, zero), a, zero));
}

void add_integer(Emit& e, Type type) {
  Value* a = read(e, 1, type);
  Value* b = read(e, 2, type);
  Value* sum = nullptr;
  if (e.i.has(Mod::cc_))
    sum = add_with_carry(e, a, b, no_carry(e));
  else if (e.i.has(Mod::sat_))
    sum = binary(e, is_signed(type) ? intrinsic::sadd_sat : intrinsic::uadd_sat, a, b);
  else
    sum = e.b.CreateAdd(a, b);
  write(e, 0, sum, type);
}

void sub_integer(Emit& e, Type type) {
  Value* a = read(e, 1, type);
  Value* b = read(e, 2, type);
  Value* difference = nullptr;
  if (e.i.has(Mod::cc_))
    difference = add_with_carry(e, a, e.b.CreateNot(b), one_carry(e));
  else if (e.i.has(Mod::sat_))
    difference = binary(e, is_signed(type) ? intrinsic::ssub_sat : intrinsic::usub_sat, a, b);
  else
    difference = e.b.CreateSub(a, b);
  write(e, 0, difference, type);
}

void mul_integer(Emit& e, Type type) {
  if (e.i.has(Mod::wide_)) return e.dst(0, wide_product(e, type), twice(type));
  e.dst(0, product(e, type), type);
}

void mad_integer(Emit& e, Type type) {
  if (e.i.has(Mod::wide_)) {
    const Type wide = twice(type);
    return e.dst(0, e.b.CreateAdd(wide_product(e, type), e.src(3, wide)), wide);
  }
  Value* term = product(e, type);
  Value* c = e.src(3, type);
  if (e.i.has(Mod::cc_))
    term = add_with_carry(e, term, c, no_carry(e));
  else
    term = e.i.has(Mod::sat_) ? binary(e, intrinsic::sadd_sat, term, c) : e.b.CreateAdd(term, c);
  e.dst(0, term, type);
}

void min_max_integer(Emit& e, Type type, bool maximum) {
  const intrinsic::ID id = is_signed(type) ? (maximum ? intrinsic::smax : intrinsic::smin)
                                           : (maximum ? intrinsic::umax : intrinsic::umin);
  Value* value = binary(e, id, read(e, 1, type), read(e, 2, type));
  if (e.i.has(Mod::relu_)) value = binary(e, intrinsic::smax, value, num(value, 0));
  write(e, 0, value, type);
}

void lower_addc(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, add_with_carry(e, e.src(1, type), e.src(2, type), e.carry()), type);
}

void lower_subc(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, add_with_carry(e, e.src(1, type), e.b.CreateNot(e.src(2, type)), e.carry()), type);
}

void lower_madc(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, add_with_carry(e, product(e, type), e.src(3, type), e.carry()), type);
}

void lower_mul24(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, selected24(e, type), type);
}

void lower_mad24(Emit& e) {
  const Type type = type_at(e);
  Value* term = selected24(e, type);
  Value* c = e.src(3, type);
  e.dst(0, e.i.has(Mod::sat_) ? binary(e, intrinsic::sadd_sat, term, c) : e.b.CreateAdd(term, c),
        type);
}

void lower_sad(Emit& e) {
  const Type type = type_at(e);
  Value* a = e.src(1, type);
  Value* b = e.src(2, type);
  const bool with_sign = is_signed(type);
  Value* high = binary(e, with_sign ? intrinsic::smax : intrinsic::umax, a, b);
  Value* low = binary(e, with_sign ? intrinsic::smin : intrinsic::umin, a, b);
  e.dst(0, e.b.CreateAdd(e.src(3, type), e.b.CreateSub(high, low)), type);
}

}  // namespace vgpu::jit
