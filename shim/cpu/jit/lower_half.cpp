#include "shim/cpu/jit/lower_half.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

Value* widen_half(Emit& e, Value* half, bool bfloat) {
  llvm::Type* single = e.b.getFloatTy();
  if (!bfloat) {
    return e.b.CreateFPExt(from_bits(e, half, e.b.getHalfTy()), like(half->getType(), single));
  }
  Value* wide = e.b.CreateZExt(half, int_like(half, 32));
  return from_bits(e, e.b.CreateShl(wide, num(wide, 16)), single);
}

namespace {

/// Nearest-even by integers: the processor's own bf16 conversion would flush subnormals.
Value* narrow_bfloat(Emit& e, Value* single) {
  Value* raw = to_bits(e, single);
  Value* high = e.b.CreateLShr(raw, num(raw, 16));
  Value* odd = e.b.CreateAnd(high, num(high, 1));
  Value* rounded = e.b.CreateAdd(raw, e.b.CreateAdd(odd, num(odd, 0x7fff)));
  Value* half = e.b.CreateTrunc(e.b.CreateLShr(rounded, num(raw, 16)), int_like(single, 16));
  return e.b.CreateSelect(is_nan(e, single), num(half, 0x7fff), half);
}

Value* narrow_f16(Emit& e, Value* single) {
  Value* half = to_bits(e, e.b.CreateFPTrunc(single, like(single->getType(), e.b.getHalfTy())));
  return e.b.CreateSelect(is_nan(e, single), num(half, 0x7fff), half);
}

}  // namespace

Value* narrow_half(Emit& e, Value* single, bool bfloat, Rounding mode) {
  Value* half = bfloat ? narrow_bfloat(e, single) : narrow_f16(e, single);
  if (mode == Rounding::nearest) return half;
  // Nearest, then one step back where that went the wrong way.
  Value* back = widen_half(e, half, bfloat);
  Value* negative = e.b.CreateICmpSLT(half, num(half, 0));
  Value* too_high = e.b.CreateFCmpOGT(back, single);
  Value* too_low = e.b.CreateFCmpOLT(back, single);
  if (mode == Rounding::zero) {
    Value* away = e.b.CreateSelect(negative, too_low, too_high);
    return e.b.CreateSub(half, e.b.CreateZExt(away, half->getType()));
  }
  Value* wrong = mode == Rounding::down ? too_high : too_low;
  Value* grow = num(half, mode == Rounding::down ? 1 : ~std::uint64_t{0});
  Value* shrink = num(half, mode == Rounding::down ? ~std::uint64_t{0} : 1);
  // Towards the sign's own infinity the magnitude grows, else it shrinks.
  Value* step = e.b.CreateSelect(negative, grow, shrink);
  return e.b.CreateSelect(wrong, e.b.CreateAdd(half, step), half);
}

Value* flush_half(Emit& e, Value* half) {
  if (!e.i.has(Mod::ftz_)) return half;
  Value* exponent = e.b.CreateAnd(half, num(half, 0x7c00));
  Value* small = e.b.CreateICmpEQ(exponent, num(half, 0));
  return e.b.CreateSelect(small, e.b.CreateAnd(half, num(half, 0x8000)), half);
}

namespace {

Value* read_f16(Emit& e, unsigned index, Type type) {
  return from_bits(e, flush_half(e, read(e, index, type)), e.b.getHalfTy());
}

Value* read_bf16(Emit& e, unsigned index, Type type) {
  return widen_half(e, read(e, index, type), true);
}

Value* to_double(Emit& e, Value* single) {
  return e.b.CreateFPExt(single, like(single->getType(), e.b.getDoubleTy()));
}

/// .sat and .relu as written.
Value* clamp(Emit& e, Value* value) {
  if (e.i.has(Mod::sat_)) value = saturate(e, value);
  if (e.i.has(Mod::relu_)) value = relu(e, value);
  return value;
}

void write_f16(Emit& e, Value* value, Type type) {
  write(e, 0, flush_half(e, to_bits(e, clamp(e, value))), type);
}

void write_bf16(Emit& e, Value* single, Type type) {
  write(e, 0, narrow_half(e, clamp(e, single), true, Rounding::nearest), type);
}

}  // namespace

// f16: LLVM does these in f32 where the processor has none; f32 has more than twice the bits of f16
// plus two, so rounding a sum or a product twice is as good as rounding once. bf16 is done so
// here; but its product may be subnormal in f32, and a fused sum needs the sticky bit of
// "round to odd" in both.

void add_half(Emit& e, Type type, bool subtract) {
  const bool bfloat = family_of(type) == Family::bfloat;
  const auto fetch = bfloat ? read_bf16 : read_f16;
  Value* a = fetch(e, 1, type);
  Value* b = fetch(e, 2, type);
  Value* sum = subtract ? e.b.CreateFSub(a, b) : e.b.CreateFAdd(a, b);
  bfloat ? write_bf16(e, sum, type) : write_f16(e, sum, type);
}

void mul_half(Emit& e, Type type) {
  if (family_of(type) == Family::half) {
    Value* product = e.b.CreateFMul(read_f16(e, 1, type), read_f16(e, 2, type));
    return write_f16(e, product, type);
  }
  Value* a = to_double(e, read_bf16(e, 1, type));
  Value* b = to_double(e, read_bf16(e, 2, type));
  write_bf16(e, narrow_to_odd(e, e.b.CreateFMul(a, b)), type);
}

void fma_half(Emit& e, Type type) {
  if (e.i.has(Mod::oob_)) e.unsupported(".oob");
  if (family_of(type) == Family::bfloat) {
    // The product of two bf16 is exact in f64.
    Value* a = to_double(e, read_bf16(e, 1, type));
    Value* b = to_double(e, read_bf16(e, 2, type));
    Value* c = to_double(e, read_bf16(e, 3, type));
    return write_bf16(e, narrow_to_odd(e, add_to_odd(e, e.b.CreateFMul(a, b), c)), type);
  }
  Value* a = read_f16(e, 1, type);
  Value* b = read_f16(e, 2, type);
  Value* c = read_f16(e, 3, type);
  if (e.features().avx512_fp16) return write_f16(e, ternary(e, intrinsic::fma, a, b, c), type);
  // The product of two f16 is exact in f32.
  llvm::Type* single = like(a->getType(), e.b.getFloatTy());
  Value* product = e.b.CreateFMul(e.b.CreateFPExt(a, single), e.b.CreateFPExt(b, single));
  Value* sum = add_to_odd(e, product, e.b.CreateFPExt(c, single));
  write_f16(e, e.b.CreateFPTrunc(sum, a->getType()), type);
}

}  // namespace vgpu::jit
