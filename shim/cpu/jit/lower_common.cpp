#include "shim/cpu/jit/lower_common.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/IntrinsicsX86.h>

#include "shim/cpu/jit/lower_lanes.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;

Family family_of(Type type) noexcept {
  switch (type) {
    case Type::f16:
    case Type::f16x2:
      return Family::half;
    case Type::bf16:
    case Type::bf16x2:
      return Family::bfloat;
    case Type::f32:
    case Type::f32x2:
    case Type::tf32:
      return Family::single;
    case Type::f64:
      return Family::wide;
    default:
      return Family::integer;
  }
}

bool is_signed(Type type) noexcept {
  switch (type) {
    case Type::s8:
    case Type::s16:
    case Type::s32:
    case Type::s64:
    case Type::s16x2:
      return true;
    default:
      return false;
  }
}

bool is_packed(Type type) noexcept {
  switch (type) {
    case Type::f16x2:
    case Type::bf16x2:
    case Type::u16x2:
    case Type::s16x2:
    case Type::f32x2:
      return true;
    default:
      return false;
  }
}

unsigned bits_of(Type type) noexcept { return type == Type::pred ? 1 : 8 * ptx::size_of(type); }

Type bits_type(unsigned bytes) noexcept {
  switch (bytes) {
    case 1:
      return Type::b8;
    case 2:
      return Type::b16;
    case 4:
      return Type::b32;
    case 8:
      return Type::b64;
    default:
      return Type::b128;
  }
}

Type type_at(const Emit& e, unsigned n) {
  if (e.i.types.empty()) e.unsupported("no type");
  return e.i.types[n < e.i.types.size() ? n : 0];
}

llvm::Type* like(llvm::Type* shape, llvm::Type* scalar) {
  if (const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(shape))
    return llvm::FixedVectorType::get(scalar, vector->getNumElements());
  return scalar;
}

llvm::Type* at_width(const Emit& e, llvm::Type* scalar) {
  return e.uniform() ? scalar : llvm::FixedVectorType::get(scalar, kWarpSize);
}

llvm::Type* int_like(Value* shape, unsigned bits) {
  return like(shape->getType(), llvm::IntegerType::get(shape->getContext(), bits));
}

Value* num(llvm::Type* type, std::uint64_t value) {
  return llvm::ConstantInt::get(type,
                                llvm::APInt(64, value).zextOrTrunc(type->getScalarSizeInBits()));
}

Value* num(Value* shape, std::uint64_t value) { return num(shape->getType(), value); }

Value* real(Value* shape, double value) { return llvm::ConstantFP::get(shape->getType(), value); }

Value* real_bits(Value* shape, std::uint64_t bits) {
  llvm::Type* scalar = shape->getType()->getScalarType();
  const llvm::APInt raw = llvm::APInt(64, bits).zextOrTrunc(scalar->getScalarSizeInBits());
  return llvm::ConstantFP::get(shape->getType(), llvm::APFloat(scalar->getFltSemantics(), raw));
}

namespace {

/// The type of the elements that read() gives for a type that is not a plain number.
llvm::Type* element_type(Emit& e, Type type) {
  if (type == Type::f32x2) return e.b.getFloatTy();
  return e.b.getInt16Ty();
}

bool is_raw(Type type) { return is_packed(type) || type == Type::f16 || type == Type::bf16; }

}  // namespace

Value* read(Emit& e, unsigned index, Type type) {
  if (!is_raw(type)) return e.src(index, type);
  Value* raw = e.src(index, bits_type(ptx::size_of(type)));
  if (!is_packed(type)) return raw;
  const unsigned count = e.uniform() ? 2 : 2 * kWarpSize;
  return e.b.CreateBitCast(raw, llvm::FixedVectorType::get(element_type(e, type), count));
}

void write(Emit& e, unsigned index, Value* value, Type type) {
  if (!is_raw(type)) return e.dst(index, value, type);
  const Type raw = bits_type(ptx::size_of(type));
  e.dst(index, e.b.CreateBitCast(value, e.type(raw)), raw);
}

Value* to_bits(Emit& e, Value* value) {
  return e.b.CreateBitCast(value, int_like(value, value->getType()->getScalarSizeInBits()));
}

Value* from_bits(Emit& e, Value* value, llvm::Type* scalar) {
  return e.b.CreateBitCast(value, like(value->getType(), scalar));
}

Value* unary(Emit& e, llvm::Intrinsic::ID id, Value* a) { return e.b.CreateUnaryIntrinsic(id, a); }

Value* binary(Emit& e, llvm::Intrinsic::ID id, Value* a, Value* b) {
  return e.b.CreateBinaryIntrinsic(id, a, b);
}

Value* ternary(Emit& e, llvm::Intrinsic::ID id, Value* a, Value* b, Value* c) {
  return e.b.CreateIntrinsic(id, {a->getType()}, {a, b, c});
}

Value* is_nan(Emit& e, Value* value) { return e.b.CreateFCmpUNO(value, value); }

Value* at_most(Emit& e, Value* value, std::uint64_t limit) {
  return binary(e, llvm::Intrinsic::umin, value, num(value, limit));
}

Value* flush(Emit& e, Value* value) {
  if (!e.i.has(Mod::ftz_) || e.flushes_by_mode()) return value;
  return flush_always(e, value);
}

Value* flush_always(Emit& e, Value* value) {
  if (e.features().avx512dq &&
      value->getType() == llvm::FixedVectorType::get(e.b.getFloatTy(), kWarpSize)) {
    // Zeros too: in the flushing mode the processor classes subnormals as such.
    constexpr unsigned kSubnormalOrZero = 0x26;
    Value* is_small = by_pieces(e.b, 512, {value}, [&](llvm::ArrayRef<Value*> part) {
      return e.b.CreateIntrinsic(llvm::Intrinsic::x86_avx512_fpclass_ps_512, {},
                                 {part[0], e.b.getInt32(kSubnormalOrZero)});
    });
    Value* raw = to_bits(e, value);
    Value* zero = e.b.CreateAnd(raw, num(raw, 0x80000000u));
    return from_bits(e, e.b.CreateSelect(is_small, zero, raw), e.b.getFloatTy());
  }
  // On the bit pattern, so that it holds whatever the processor's mode does to compares.
  const unsigned bits = value->getType()->getScalarSizeInBits();
  const std::uint64_t exponent = bits == 32 ? 0x7f800000u : 0x7ff0000000000000u;
  Value* raw = to_bits(e, value);
  Value* sign = e.b.CreateAnd(raw, num(raw, std::uint64_t{1} << (bits - 1)));
  Value* small = e.b.CreateICmpEQ(e.b.CreateAnd(raw, num(raw, exponent)), num(raw, 0));
  return from_bits(e, e.b.CreateSelect(small, sign, raw), value->getType()->getScalarType());
}

Value* saturate(Emit& e, Value* value) {
  Value* zero = real(value, 0.0);
  Value* one = real(value, 1.0);
  Value* low = e.b.CreateSelect(e.b.CreateFCmpOGT(value, zero), value, zero);
  return e.b.CreateSelect(e.b.CreateFCmpOLT(low, one), low, one);
}

Value* relu(Emit& e, Value* value) {
  Value* zero = real(value, 0.0);
  Value* positive = e.b.CreateSelect(e.b.CreateFCmpOGT(value, zero), value, zero);
  return e.b.CreateSelect(is_nan(e, value), canonical_nan(value), positive);
}

Value* canonical_nan(Value* shape) {
  const unsigned bits = shape->getType()->getScalarSizeInBits();
  // f64 keeps to the ISA's 0x7fffffff'ffffffff too: all mantissa bits, no sign.
  return real_bits(shape, ~std::uint64_t{0} >> (65 - bits));
}

unsigned last(const Emit& e) { return static_cast<unsigned>(e.i.operands.size()) - 1; }

const llvm::ConstantInt* constant_int(const Value* value) {
  if (const auto* plain = llvm::dyn_cast<llvm::ConstantInt>(value)) return plain;
  const auto* constant = llvm::dyn_cast<llvm::Constant>(value);
  if (constant == nullptr || !constant->getType()->isVectorTy()) return nullptr;
  return llvm::dyn_cast_or_null<llvm::ConstantInt>(constant->getSplatValue());
}

}  // namespace vgpu::jit
