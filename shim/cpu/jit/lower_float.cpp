#include "shim/cpu/jit/lower_float.h"

#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_rounding.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

Value* operand(Emit& e, unsigned index, Type type) { return flush(e, read(e, index, type)); }

void finish(Emit& e, Value* value, Type type) {
  value = flush(e, value);
  if (e.i.has(Mod::sat_)) value = saturate(e, value);
  write(e, 0, value, type);
}

void rounded(Emit& e, Rounded op, Type type, std::initializer_list<unsigned> sources) {
  llvm::SmallVector<Value*, 3> args;
  for (const unsigned index : sources) args.push_back(operand(e, index, type));
  llvm::Type* result = args[0]->getType();
  finish(e, round_operation(e, op, rounding_of(e.i), args, result), type);
}

/// The upper half of the bits, the lower cleared: what the .approx.ftz.f64 forms take and give.
Value* upper_half(Emit& e, Value* value) {
  Value* raw = to_bits(e, value);
  return from_bits(e, e.b.CreateAnd(raw, num(raw, 0xffffffff00000000u)), e.b.getDoubleTy());
}

Value* reciprocal_of(Emit& e, Value* value) { return e.b.CreateFDiv(real(value, 1.0), value); }

}  // namespace

void add_float(Emit& e, Type type) { rounded(e, Rounded::add, type, {1, 2}); }
void sub_float(Emit& e, Type type) { rounded(e, Rounded::sub, type, {1, 2}); }
void mul_float(Emit& e, Type type) { rounded(e, Rounded::mul, type, {1, 2}); }
void fma_float(Emit& e, Type type) { rounded(e, Rounded::fma, type, {1, 2, 3}); }
// .approx and .full allow 2 ulp: the exact quotient is within.
void divide_float(Emit& e, Type type) { rounded(e, Rounded::div, type, {1, 2}); }

void lower_rcp(Emit& e) {
  const Type type = type_at(e);
  Value* x = operand(e, 1, type);
  if (type == Type::f64 && e.i.has(Mod::approx_)) {
    x = flush_always(e, upper_half(e, x));
    return e.dst(0, upper_half(e, flush_always(e, reciprocal_of(e, x))), type);
  }
  Value* one = real(x, 1.0);
  finish(e, round_operation(e, Rounded::div, rounding_of(e.i), {one, x}, x->getType()), type);
}

void lower_sqrt(Emit& e) { rounded(e, Rounded::sqrt, type_at(e), {1}); }

void lower_rsqrt(Emit& e) {
  const Type type = type_at(e);
  Value* x = operand(e, 1, type);
  const bool gross = type == Type::f64 && e.i.has(Mod::ftz_);
  if (gross) x = flush_always(e, upper_half(e, x));
  Value* value = reciprocal_of(e, unary(e, intrinsic::sqrt, x));
  if (gross) return e.dst(0, upper_half(e, value), type);
  finish(e, value, type);
}

void lower_copysign(Emit& e) {
  // The first operand gives the sign. Source: PTX ISA, copysign.
  const Type type = type_at(e);
  e.dst(0, binary(e, intrinsic::copysign, e.src(2, type), e.src(1, type)), type);
}

void lower_testp(Emit& e) {
  const Type type = type_at(e);
  Value* raw = to_bits(e, e.src(1, type));
  const bool single = type == Type::f32;
  Value* magnitude = e.b.CreateAnd(raw, num(raw, single ? 0x7fffffffu : 0x7fffffffffffffffu));
  Value* infinity = num(raw, single ? 0x7f800000u : 0x7ff0000000000000u);
  Value* least_normal = num(raw, single ? 0x00800000u : 0x0010000000000000u);
  Value* result = nullptr;
  if (e.i.has(Mod::finite_)) {
    result = e.b.CreateICmpULT(magnitude, infinity);
  } else if (e.i.has(Mod::infinite_)) {
    result = e.b.CreateICmpEQ(magnitude, infinity);
  } else if (e.i.has(Mod::number_)) {
    result = e.b.CreateICmpULE(magnitude, infinity);
  } else if (e.i.has(Mod::notanumber_)) {
    result = e.b.CreateICmpUGT(magnitude, infinity);
  } else if (e.i.has(Mod::normal_)) {
    result = e.b.CreateAnd(e.b.CreateICmpUGE(magnitude, least_normal),
                           e.b.CreateICmpULT(magnitude, infinity));
  } else {
    result = e.b.CreateAnd(e.b.CreateICmpULT(magnitude, least_normal),
                           e.b.CreateICmpNE(magnitude, num(raw, 0)));
  }
  e.dst(0, result, Type::pred);
}

}  // namespace vgpu::jit
