#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_integer.h"
#include "shim/cpu/jit/lower_rounding.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// Unsigned quotient of elements of at most 32 bits; `b` is not zero. A vector is divided in
/// f64, whose quotient is off by less than the distance to the next integer.
Value* divide_small(llvm::IRBuilder<>& b, Value* dividend, Value* divisor) {
  llvm::Type* type = dividend->getType();
  if (!type->isVectorTy() || llvm::isa<llvm::Constant>(divisor))
    return b.CreateUDiv(dividend, divisor);
  llvm::Type* wide = like(type, b.getDoubleTy());
  Value* quotient = b.CreateFDiv(b.CreateUIToFP(dividend, wide), b.CreateUIToFP(divisor, wide));
  return b.CreateFPToUI(quotient, type);
}

/// Unsigned quotient; `b` is not zero. 64-bit division has no vector form and is long.
Value* divide_unsigned(Emit& e, Value* a, Value* b) {
  if (a->getType()->getScalarSizeInBits() < 64) return divide_small(e.b, a, b);
  if (!a->getType()->isVectorTy() || llvm::isa<llvm::Constant>(b)) return e.b.CreateUDiv(a, b);
  return call_outlined(e, "udiv", {a, b}, a->getType(),
                       [](llvm::IRBuilder<>& inner, std::span<Value* const> args) {
                         return inner.CreateUDiv(args[0], args[1]);
                       });
}

Value* magnitude(Emit& e, Value* value) {
  return e.b.CreateIntrinsic(intrinsic::abs, {value->getType()}, {value, e.b.getFalse()});
}

/// `value` negated where `sign` is negative.
Value* with_sign_of(Emit& e, Value* value, Value* sign) {
  const unsigned bits = sign->getType()->getScalarSizeInBits();
  Value* mask = e.b.CreateAShr(sign, num(sign, bits - 1));
  return e.b.CreateSub(e.b.CreateXor(value, mask), mask);
}

}  // namespace

void divide_integer(Emit& e, Type type, bool remainder) {
  Value* a = e.src(1, type);
  Value* b = e.src(2, type);
  Value* zero = e.b.CreateICmpEQ(b, num(b, 0));
  Value* divisor = e.b.CreateSelect(zero, num(b, 1), b);
  // Signed division through magnitudes: the most negative number by -1 wraps by itself.
  const bool with_sign = is_signed(type);
  Value* quotient = with_sign ? divide_unsigned(e, magnitude(e, a), magnitude(e, divisor))
                              : divide_unsigned(e, a, divisor);
  if (with_sign) quotient = with_sign_of(e, quotient, e.b.CreateXor(a, divisor));
  Value* result = remainder ? e.b.CreateSub(a, e.b.CreateMul(quotient, divisor)) : quotient;
  e.dst(0, e.b.CreateSelect(zero, num(b, ~std::uint64_t{0}), result), type);
}

void lower_rem(Emit& e) { divide_integer(e, type_at(e), true); }

}  // namespace vgpu::jit
