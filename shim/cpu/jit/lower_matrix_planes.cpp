#include "shim/cpu/jit/lower_matrix_planes.h"

#include <llvm/IR/IntrinsicsX86.h>

#include "shim/cpu/jit/lower_common.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

constexpr std::uint64_t kSigns = 0x80808080u;
constexpr std::uint64_t kOnes = 0x01010101u;

llvm::FixedVectorType* vector_of(llvm::Type* scalar, unsigned count) {
  return llvm::FixedVectorType::get(scalar, count);
}

}  // namespace

MatrixArithmetic::MatrixArithmetic(Kit& kit, const MatrixProduct& product)
    : kit_(kit), b_(kit.b), product_(product) {
  const HostFeatures& host = kit.features;
  const unsigned register_bits = host.avx512f ? 512 : 256;
  width_ = register_bits / product.a.group_bits();
  if (product.a.bits == 1) {
    way_ = Way::bits;
  } else if (product.c.type == Type::s32) {
    const bool dots = host.avx512f ? host.avx512_vnni : host.avx_vnni;
    const bool pairs = host.avx512f ? host.avx512bw : host.avx2;
    way_ = dots ? Way::dots : pairs ? Way::pairs : Way::bytes;
  }
  if (way_ == Way::dots) {
    // The processor multiplies bytes without a sign by bytes with one.
    offset_a_ = product.a.with_sign && product.b.with_sign;
    offset_b_ = !product.a.with_sign && !product.b.with_sign;
  }
}

Values MatrixArithmetic::planes(Value* groups, const MatrixElement& element, bool offset) {
  if (way_ == Way::floats) return float_planes(groups, element);
  if (way_ == Way::bits) return {groups};
  if (element.bits == 8) return byte_planes(groups, element.with_sign, offset);
  Values all;
  for (Value* bytes : nibbles(groups, element.with_sign))
    for (Value* plane : byte_planes(bytes, element.with_sign, offset)) all.push_back(plane);
  return all;
}

Values MatrixArithmetic::widened(Value* pairs) {
  Value* halves = b_.CreateBitCast(pairs, vector_of(b_.getHalfTy(), 2 * width_));
  Values result;
  for (unsigned part = 0; part < 2; ++part) {
    Value* each = picked(b_, halves, width_, [&](unsigned n) { return 2 * n + part; });
    result.push_back(b_.CreateFPExt(each, vector_of(b_.getFloatTy(), width_)));
  }
  return result;
}

Value* MatrixArithmetic::narrowed(Value* even, Value* odd) {
  const auto raw = [&](Value* value) {
    Value* half = b_.CreateFPTrunc(value, vector_of(b_.getHalfTy(), width_));
    Value* bits = b_.CreateBitCast(half, vector_of(b_.getInt16Ty(), width_));
    return b_.CreateZExt(bits, vector_of(b_.getInt32Ty(), width_));
  };
  return b_.CreateOr(raw(even), b_.CreateShl(raw(odd), 16));
}

Values MatrixArithmetic::float_planes(Value* groups, const MatrixElement& element) {
  llvm::Type* const floats = vector_of(b_.getFloatTy(), width_);
  switch (element.type) {
    case Type::f16:
      return widened(groups);
    case Type::bf16: {
      Value* high = b_.CreateAnd(groups, num(groups, 0xffff0000u));
      return {b_.CreateBitCast(b_.CreateShl(groups, 16), floats), b_.CreateBitCast(high, floats)};
    }
    case Type::tf32:
      // The ISA leaves the low bits open; processors do not look at them.
      return {b_.CreateBitCast(b_.CreateAnd(groups, num(groups, 0xffffe000u)), floats)};
    case Type::e4m3:
    case Type::e5m2: {
      Values all;
      for (unsigned n = 0; n < element.per_group(); ++n)
        all.push_back(from_f8(groups, n, element.type == Type::e4m3));
      return all;
    }
    default:
      return {groups};
  }
}

/// Both formats by way of f16, whose subnormals are converted in every mode of the processor.
Value* MatrixArithmetic::from_f8(Value* groups, unsigned index, bool e4m3) {
  llvm::Type* const floats = vector_of(b_.getFloatTy(), width_);
  Value* byte = b_.CreateTrunc(b_.CreateLShr(groups, std::uint64_t{8} * index),
                               vector_of(b_.getInt8Ty(), width_));
  Value* raw = b_.CreateZExt(byte, vector_of(b_.getInt16Ty(), width_));
  const auto widen = [&](Value* bits) {
    return b_.CreateFPExt(b_.CreateBitCast(bits, vector_of(b_.getHalfTy(), width_)), floats);
  };
  if (!e4m3) return widen(b_.CreateShl(raw, 8));
  Value* magnitude = b_.CreateAnd(raw, num(raw, 0x7f));
  Value* sign = b_.CreateAnd(raw, num(raw, 0x80));
  Value* half = b_.CreateOr(b_.CreateShl(sign, 8), b_.CreateShl(magnitude, 7));
  constexpr double kScale = 256;  // between the exponents of the two formats
  Value* value = b_.CreateFMul(widen(half), llvm::ConstantFP::get(floats, kScale));
  Value* is_nan = b_.CreateICmpEQ(magnitude, num(magnitude, 0x7f));
  return b_.CreateSelect(is_nan, canonical_nan(value), value);
}

/// The even and the odd elements of 4 bits as bytes.
Values MatrixArithmetic::nibbles(Value* groups, bool with_sign) {
  llvm::Type* const bytes = vector_of(b_.getInt8Ty(), 4 * width_);
  Values result;
  for (const unsigned shift : {0u, 4u}) {
    Value* low = b_.CreateAnd(b_.CreateLShr(groups, shift), num(groups, 0x0f0f0f0fu));
    if (with_sign) {
      Value* each = b_.CreateBitCast(low, bytes);
      each = b_.CreateSub(b_.CreateXor(each, num(each, 8)), num(each, 8));
      low = b_.CreateBitCast(each, groups->getType());
    }
    result.push_back(low);
  }
  return result;
}

Values MatrixArithmetic::byte_planes(Value* bytes, bool with_sign, bool offset) {
  if (way_ == Way::dots) {
    return {offset ? b_.CreateXor(bytes, num(bytes, kSigns)) : bytes};
  }
  // Each byte on top of its element, then brought down.
  Values result;
  const bool pairs = way_ == Way::pairs;
  const unsigned count = pairs ? 2 : 4;
  const unsigned spare = pairs ? 8 : 24;
  llvm::Type* const wide =
      pairs ? vector_of(b_.getInt16Ty(), 2 * width_) : vector_of(b_.getInt32Ty(), width_);
  for (unsigned n = 0; n < count; ++n) {
    Value* each = b_.CreateShl(b_.CreateBitCast(bytes, wide), spare - 8 * n);
    each = with_sign ? b_.CreateAShr(each, spare) : b_.CreateLShr(each, spare);
    result.push_back(b_.CreateBitCast(each, bytes->getType()));
  }
  return result;
}

Value* MatrixArithmetic::dot(Value* sum, Value* without_sign, Value* with_sign) {
  const auto id = kit_.features.avx512f ? intrinsic::x86_avx512_vpdpbusd_512
                                        : intrinsic::x86_avx512_vpdpbusd_256;
  return b_.CreateIntrinsic(id, {}, {sum, without_sign, with_sign});
}

Value* MatrixArithmetic::multiply_add(Value* sum, Value* a, Value* b) {
  switch (way_) {
    case Way::floats:
      return b_.CreateIntrinsic(intrinsic::fma, {sum->getType()}, {a, b, sum});
    case Way::dots: {
      const bool swap = product_.a.with_sign && !product_.b.with_sign;
      return swap ? dot(sum, b, a) : dot(sum, a, b);
    }
    case Way::pairs: {
      const auto id =
          kit_.features.avx512f ? intrinsic::x86_avx512_pmaddw_d_512 : intrinsic::x86_avx2_pmadd_wd;
      llvm::Type* const halves = vector_of(b_.getInt16Ty(), 2 * width_);
      return b_.CreateAdd(
          sum,
          b_.CreateIntrinsic(id, {}, {b_.CreateBitCast(a, halves), b_.CreateBitCast(b, halves)}));
    }
    case Way::bytes:
      return b_.CreateAdd(sum, b_.CreateMul(a, b));
    case Way::bits: {
      Value* both = product_.with_and ? b_.CreateAnd(a, b) : b_.CreateXor(a, b);
      return b_.CreateAdd(sum, b_.CreateUnaryIntrinsic(intrinsic::ctpop, both));
    }
  }
  return sum;
}

Value* MatrixArithmetic::add_excess_of_b(Value* excess, Value* b) {
  return dot(excess, num(b, kSigns), b);
}

Value* MatrixArithmetic::add_excess_of_a(Value* excess, Value* a) {
  return dot(excess, a, num(a, kOnes));
}

Value* MatrixArithmetic::without_excess_of_b(Value* sum, Value* excess) {
  return b_.CreateSub(sum, excess);
}

Value* MatrixArithmetic::without_excess_of_a(Value* sum, Value* excess) {
  return b_.CreateAdd(sum, b_.CreateShl(excess, 7));
}

}  // namespace vgpu::jit
