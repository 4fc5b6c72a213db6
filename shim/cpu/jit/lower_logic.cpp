#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

void lower_and(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, e.b.CreateAnd(e.src(1, type), e.src(2, type)), type);
}

void lower_or(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, e.b.CreateOr(e.src(1, type), e.src(2, type)), type);
}

void lower_xor(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, e.b.CreateXor(e.src(1, type), e.src(2, type)), type);
}

void lower_not(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, e.b.CreateNot(e.src(1, type)), type);
}

void lower_cnot(Emit& e) {
  const Type type = type_at(e);
  Value* a = e.src(1, type);
  e.dst(0, e.b.CreateZExt(e.b.CreateICmpEQ(a, num(a, 0)), a->getType()), type);
}

namespace {

/// The function of a and b whose truth table is `table`: bit 2a + b.
Value* two_input(Emit& e, unsigned table, Value* a, Value* b) {
  Value* inverted = nullptr;
  switch (table & 7u) {
    case 0:
      inverted = num(a, 0);
      break;
    case 1:
      inverted = e.b.CreateNot(e.b.CreateOr(a, b));
      break;
    case 2:
      inverted = e.b.CreateAnd(e.b.CreateNot(a), b);
      break;
    case 3:
      inverted = e.b.CreateNot(a);
      break;
    case 4:
      inverted = e.b.CreateAnd(a, e.b.CreateNot(b));
      break;
    case 5:
      inverted = e.b.CreateNot(b);
      break;
    case 6:
      inverted = e.b.CreateXor(a, b);
      break;
    default:
      inverted = e.b.CreateNot(e.b.CreateAnd(a, b));
      break;
  }
  // With bit 3 set it is the function of the complementary table, inverted.
  if ((table & 8u) == 0) return inverted;
  return e.b.CreateNot(two_input(e, ~table & 7u, a, b));
}

/// Any function of three inputs: truth table bit 4a + 2b + c, as lop3's immediate has it.
Value* three_input(Emit& e, unsigned table, Value* a, Value* b, Value* c) {
  const unsigned when_a = table >> 4;
  const unsigned else_a = table & 15u;
  if (when_a == else_a) return two_input(e, when_a, b, c);
  if (when_a == (~else_a & 15u)) return e.b.CreateXor(a, two_input(e, else_a, b, c));
  if (else_a == 0) return e.b.CreateAnd(a, two_input(e, when_a, b, c));
  if (when_a == 15) return e.b.CreateOr(a, two_input(e, else_a, b, c));
  if (when_a == 0) return e.b.CreateAnd(e.b.CreateNot(a), two_input(e, else_a, b, c));
  if (else_a == 15) return e.b.CreateOr(e.b.CreateNot(a), two_input(e, when_a, b, c));
  return e.b.CreateOr(e.b.CreateAnd(a, two_input(e, when_a, b, c)),
                      e.b.CreateAnd(e.b.CreateNot(a), two_input(e, else_a, b, c)));
}

}  // namespace

void lower_lop3(Emit& e) {
  const bool with_predicate = e.i.has(Mod::and_) || e.i.has(Mod::or_);
  const unsigned first = with_predicate ? 2 : 1;
  const auto table = static_cast<unsigned>(e.i.operands.at(first + 3).value) & 0xffu;
  Value* value = three_input(e, table, e.src(first, Type::b32), e.src(first + 1, Type::b32),
                             e.src(first + 2, Type::b32));
  if (with_predicate) {
    Value* some = e.b.CreateICmpNE(value, num(value, 0));
    Value* other = e.src(first + 4, Type::pred);
    e.dst(1, e.i.has(Mod::and_) ? e.b.CreateAnd(some, other) : e.b.CreateOr(some, other),
          Type::pred);
  }
  e.dst(0, value, Type::b32);
}

namespace {

/// `amount` (i32) in the width of `shape`.
Value* amount_like(Emit& e, Value* amount, Value* shape) {
  return e.b.CreateZExtOrTrunc(amount, shape->getType());
}

}  // namespace

void lower_shl(Emit& e) {
  const Type type = type_at(e);
  Value* a = e.src(1, type);
  Value* amount = e.src(2, Type::u32);
  Value* shifted = e.b.CreateShl(a, amount_like(e, amount, a));
  Value* inside = e.b.CreateICmpULT(amount, num(amount, bits_of(type)));
  e.dst(0, e.b.CreateSelect(inside, shifted, num(a, 0)), type);
}

void lower_shr(Emit& e) {
  const Type type = type_at(e);
  Value* a = e.src(1, type);
  Value* amount = e.src(2, Type::u32);
  if (is_signed(type)) {
    Value* within = at_most(e, amount, bits_of(type) - 1);
    return e.dst(0, e.b.CreateAShr(a, amount_like(e, within, a)), type);
  }
  Value* shifted = e.b.CreateLShr(a, amount_like(e, amount, a));
  Value* inside = e.b.CreateICmpULT(amount, num(amount, bits_of(type)));
  e.dst(0, e.b.CreateSelect(inside, shifted, num(a, 0)), type);
}

void lower_shf(Emit& e) {
  Value* low = e.src(1, Type::b32);
  Value* high = e.src(2, Type::b32);
  Value* amount = e.src(3, Type::u32);
  const bool left = e.i.has(Mod::l_);
  Value* value = ternary(e, left ? intrinsic::fshl : intrinsic::fshr, high, low, amount);
  if (e.i.has(Mod::clamp_)) {
    Value* all = e.b.CreateICmpUGE(amount, num(amount, 32));
    value = e.b.CreateSelect(all, left ? low : high, value);
  }
  e.dst(0, value, Type::b32);
}

}  // namespace vgpu::jit
