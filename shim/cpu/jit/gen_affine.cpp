#include <llvm/IR/Constants.h>

#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using Kind = Shape::Kind;
using llvm::Value;
using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::Space;

namespace {

ptx::Type doubled(ptx::Type type) {
  switch (type) {
    case ptx::Type::s32:
      return ptx::Type::s64;
    case ptx::Type::u32:
      return ptx::Type::u64;
    default:
      return ptx::Type::b64;
  }
}

}  // namespace

Lanes Generator::sum(const Lanes& a, const Lanes& b, bool subtract) {
  const auto join = [&](Value* x, Value* y) -> Value* {
    return subtract ? b_.CreateSub(x, y) : b_.CreateAdd(x, y);
  };
  if (a.shape.kind == Kind::wide) return {a.shape, a.base, a.y, join(a.u, b.base)};
  if (b.shape.kind == Kind::wide) return {b.shape, b.base, b.y, join(b.u, a.base)};
  Lanes result{a.shape, join(a.base, b.base), nullptr, nullptr};
  if (a.y != nullptr && b.y != nullptr)
    result.y = join(a.y, b.y);
  else if (a.y != nullptr)
    result.y = a.y;
  else if (b.y != nullptr)
    result.y = subtract ? b_.CreateNeg(b.y) : b.y;
  result.shape.has_y = result.y != nullptr;
  result.shape.x = a.shape.x + (subtract ? -b.shape.x : b.shape.x);
  return result;
}

/// `a` times a uniform scalar. The shape's strides are the caller's to set.
Lanes Generator::times(const Lanes& a, Value* factor) {
  Lanes result = a;
  if (a.shape.kind == Kind::wide) {
    result.u = b_.CreateMul(a.u, factor);
    return result;
  }
  result.base = b_.CreateMul(a.base, factor);
  if (a.y != nullptr) result.y = b_.CreateMul(a.y, factor);
  return result;
}

/// 32 bits as 64, either still linear or with the 32-bit part kept apart.
Lanes Generator::extended(const Lanes& a, const Shape& result) {
  if (result.kind == Kind::wide) return {result, a.base, a.y, b_.getInt64(0)};
  Value* const base = b_.CreateZExt(a.base, b_.getInt64Ty());
  return {result, base, nullptr, nullptr};
}

Lanes Generator::resized(const Lanes& a, llvm::Type* to) {
  if (a.shape.kind == Kind::wide) {
    Value* const scale = llvm::ConstantInt::getSigned(to, a.shape.scale);
    Lanes result{a.shape, b_.CreateAdd(b_.CreateTrunc(a.u, to), b_.CreateMul(a.base, scale)),
                 nullptr, nullptr};
    if (a.y != nullptr) result.y = b_.CreateMul(a.y, scale);
    return result;
  }
  Lanes result = a;
  result.base = b_.CreateTrunc(a.base, to);
  if (a.y != nullptr) result.y = b_.CreateTrunc(a.y, to);
  return result;
}

/// mul.wide and the product of mad.wide: 32 bits times a constant.
Lanes Generator::wide_product(const ptx::Instruction& inst, const Shape& result) {
  const ptx::Type type = inst.types[0];
  const unsigned factor = is_integer(inst.operands[2]) ? 2 : 1;
  const Lanes narrow = operand(inst.operands[3 - factor], type);
  const std::int64_t by = wide_factor(inst, inst.operands[factor]);
  Lanes value;
  if (narrow.shape.is_uniform()) {
    value = {Shape::uniform(),
             b_.CreateIntCast(narrow.base, b_.getInt64Ty(), type == ptx::Type::s32), nullptr,
             nullptr};
  } else {
    // The result is wide unless the analysis proved that no lane wraps around.
    Shape inner = narrow.shape;
    inner.kind = result.kind;
    inner.scale = 1;
    inner.is_signed = type == ptx::Type::s32;
    value = extended(narrow, inner);
  }
  value = times(value, b_.getInt64(static_cast<std::uint64_t>(by)));
  if (value.shape.kind == Kind::wide)
    value.shape.scale = by;
  else
    value.shape.x *= by;
  return value;
}

Lanes Generator::narrow_product(const ptx::Instruction& inst) {
  const auto& ops = inst.operands;
  Lanes left = operand(ops[1], inst.types[0]);
  Lanes right = operand(ops[2], inst.types[0]);
  if (left.shape.is_uniform() && !right.shape.is_uniform()) std::swap(left, right);
  Lanes value = times(left, right.base);
  if (!is_integer(ops[1]) && !is_integer(ops[2])) return value;
  const std::int64_t factor = is_integer(ops[2]) ? ops[2].value : ops[1].value;
  (value.shape.kind == Kind::wide ? value.shape.scale : value.shape.x) *= factor;
  return value;
}

Lanes Generator::affine_select(const ptx::Instruction& inst, const Shape& result) {
  const Lanes a = shaped(operand(inst.operands[1], inst.types[0]), result);
  const Lanes b = shaped(operand(inst.operands[2], inst.types[0]), result);
  Value* const which = operand(inst.operands[3], ptx::Type::pred).base;
  const auto pick = [&](Value* x, Value* y) -> Value* {
    return x == nullptr ? nullptr : b_.CreateSelect(which, x, y);
  };
  return {result, pick(a.base, b.base), pick(a.y, b.y), pick(a.u, b.u)};
}

Lanes Generator::affine_cvt(const ptx::Instruction& inst, const Shape& result) {
  const Lanes value = operand(inst.operands[1], inst.types[1]);
  const unsigned to = ptx::size_of(inst.types[0]);
  const unsigned from = ptx::size_of(inst.types[1]);
  if (from < to) return extended(value, result);
  return from > to ? resized(value, storage(inst.types[0])) : value;
}

Lanes Generator::affine_cvta(const ptx::Instruction& inst) {
  const Lanes value =
      operand(inst.operands[1], inst.types.empty() ? ptx::Type::b64 : inst.types[0]);
  if (inst.space == Space::local) return lane_memory(local_, nullptr, code_.local_bytes, value);
  if (inst.space == Space::param)
    unsupported(inst, "a parameter's address that depends on the lane");
  if (inst.space != Space::shared) return value;
  Value* const origin = b_.CreatePtrToInt(shared_, b_.getInt64Ty());
  return sum(
      value,
      {Shape::uniform(), inst.has(Mod::to_) ? b_.CreateNeg(origin) : origin, nullptr, nullptr},
      false);
}

/// What `inst`, whose result is linear, makes of the parts of its sources.
Lanes Generator::affine_parts(const ptx::Instruction& inst, const Shape& result) {
  const ptx::Type type = inst.types.empty() ? ptx::Type::b64 : inst.types[0];
  const auto& ops = inst.operands;
  const auto in = [&](unsigned n) { return operand(ops[n], type); };
  const auto count = [&] { return static_cast<std::uint64_t>(ops[2].value); };
  switch (inst.op) {
    case Opcode::mov_:
      return in(1);
    case Opcode::add_:
      return sum(in(1), in(2), false);
    case Opcode::sub_:
      return sum(in(1), in(2), true);
    case Opcode::mul_:
    case Opcode::mad_: {
      const bool is_wide = inst.has(Mod::wide_);
      const Lanes value = is_wide ? wide_product(inst, result) : narrow_product(inst);
      if (inst.op == Opcode::mul_) return value;
      return sum(value, operand(ops[3], is_wide ? doubled(type) : type), false);
    }
    case Opcode::shl_: {
      const Lanes value = in(1);
      llvm::Type* const as = (value.u != nullptr ? value.u : value.base)->getType();
      return times(value, llvm::ConstantInt::get(as, 1ull << count()));
    }
    case Opcode::shr_: {
      Lanes value = in(1);
      const bool with_sign = type == ptx::Type::s32 || type == ptx::Type::s64;
      value.base =
          with_sign ? b_.CreateAShr(value.base, count()) : b_.CreateLShr(value.base, count());
      return value;
    }
    case Opcode::and_: {
      Lanes value = in(1);
      const unsigned width = value.base->getType()->getIntegerBitWidth();
      value.base = b_.CreateAnd(value.base, b_.getInt(llvm::APInt(64, count()).trunc(width)));
      return value;
    }
    case Opcode::selp_:
      return affine_select(inst, result);
    case Opcode::cvt_:
      return affine_cvt(inst, result);
    case Opcode::cvta_:
      return affine_cvta(inst);
    default:
      unsupported(inst, "its result was taken for linear");
  }
}

Lanes Generator::affine(const ptx::Instruction& inst, const Shape& result) {
  Lanes value = affine_parts(inst, result);
  value.shape = result;
  if (result.is_uniform()) value.u = nullptr;
  if (!result.has_y) value.y = nullptr;
  if (result.has_y && value.y == nullptr)
    value.y = llvm::Constant::getNullValue(value.base->getType());
  return value;
}

}  // namespace vgpu::jit
