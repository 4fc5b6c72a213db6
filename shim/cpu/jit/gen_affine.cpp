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
    case ptx::Type::s32: return ptx::Type::s64;
    case ptx::Type::u32: return ptx::Type::u64;
    default: return ptx::Type::b64;
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
  if (result.kind == Kind::wide)
    return {result, a.base, a.y, b_.getInt64(0)};
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

/// Does `inst`, whose result has the linear shape `result`, on the parts of its sources.
Lanes Generator::affine(const ptx::Instruction& inst, const Shape& result) {
  const ptx::Type type = inst.types.empty() ? ptx::Type::b64 : inst.types[0];
  const auto& ops = inst.operands;
  const auto in = [&](unsigned n) { return operand(ops[n], type); };
  const auto number = [&](std::int64_t value, llvm::Type* as) {
    return llvm::ConstantInt::get(
        as, llvm::APInt(64, static_cast<std::uint64_t>(value)).sextOrTrunc(as->getIntegerBitWidth()));
  };
  Lanes value;
  switch (inst.op) {
    case Opcode::mov_: value = in(1); break;
    case Opcode::add_: value = sum(in(1), in(2), false); break;
    case Opcode::sub_: value = sum(in(1), in(2), true); break;
    case Opcode::mul_:
    case Opcode::mad_: {
      const bool is_wide = inst.has(Mod::wide_);
      if (is_wide) {
        const unsigned factor = is_integer(ops[2]) ? 2 : 1;
        const Lanes narrow = in(3 - factor);
        Shape inner = narrow.shape;
        // The result is wide unless the analysis proved that no lane wraps.
        inner.kind = result.kind;
        inner.scale = 1;
        inner.is_signed = type == ptx::Type::s32;
        if (narrow.shape.is_uniform()) {
          value = {Shape::uniform(),
                   b_.CreateIntCast(narrow.base, b_.getInt64Ty(), type == ptx::Type::s32), nullptr,
                   nullptr};
        } else {
          value = extended(narrow, inner);
        }
        value = times(value, b_.getInt64(static_cast<std::uint64_t>(ops[factor].value)));
        value.shape.x *= value.shape.kind == Kind::wide ? 1 : ops[factor].value;
        value.shape.scale = ops[factor].value;
      } else {
        Lanes left = in(1);
        Lanes right = in(2);
        if (left.shape.is_uniform() && !right.shape.is_uniform()) std::swap(left, right);
        const bool known = is_integer(ops[1]) || is_integer(ops[2]);
        const std::int64_t factor = is_integer(ops[2]) ? ops[2].value : ops[1].value;
        value = times(left, right.base);
        if (known && value.shape.kind != Kind::wide) value.shape.x *= factor;
        if (known && value.shape.kind == Kind::wide) value.shape.scale *= factor;
      }
      if (inst.op == Opcode::mad_)
        value = sum(value, operand(ops[3], is_wide ? doubled(type) : type), false);
      break;
    }
    case Opcode::shl_: {
      value = in(1);
      value = times(value, number(1ll << ops[2].value,
                                  (value.u != nullptr ? value.u : value.base)->getType()));
      break;
    }
    case Opcode::shr_:
      value = in(1);
      value.base = type == ptx::Type::s32 || type == ptx::Type::s64
                       ? b_.CreateAShr(value.base, static_cast<std::uint64_t>(ops[2].value))
                       : b_.CreateLShr(value.base, static_cast<std::uint64_t>(ops[2].value));
      break;
    case Opcode::and_:
      value = in(1);
      value.base = b_.CreateAnd(value.base, number(ops[2].value, value.base->getType()));
      break;
    case Opcode::selp_: {
      const Lanes a = shaped(in(1), result);
      const Lanes b = shaped(in(2), result);
      Value* const which = operand(ops[3], ptx::Type::pred).base;
      const auto pick = [&](Value* x, Value* y) -> Value* {
        return x == nullptr ? nullptr : b_.CreateSelect(which, x, y);
      };
      value = {result, pick(a.base, b.base), pick(a.y, b.y), pick(a.u, b.u)};
      break;
    }
    case Opcode::cvt_: {
      value = operand(ops[1], inst.types[1]);
      llvm::Type* const to = storage(type);
      const unsigned from_size = ptx::size_of(inst.types[1]);
      if (from_size < ptx::size_of(type))
        value = extended(value, result);
      else if (from_size > ptx::size_of(type))
        value = resized(value, to);
      break;
    }
    case Opcode::cvta_: {
      value = in(1);
      if (inst.space == Space::local) {
        value = lane_memory(local_, nullptr, code_.local_bytes, value);
      } else if (inst.space == Space::shared) {
        Value* const origin = b_.CreatePtrToInt(shared_, b_.getInt64Ty());
        value = sum(value, {Shape::uniform(), inst.has(Mod::to_) ? b_.CreateNeg(origin) : origin,
                            nullptr, nullptr},
                    false);
      } else if (inst.space == Space::param) {
        unsupported(inst, "a parameter's address that depends on the lane");
      }
      break;
    }
    default: unsupported(inst, "its result was taken for linear");
  }
  value.shape = result;
  if (result.is_uniform()) value.y = value.u = nullptr;
  if (!result.has_y) value.y = nullptr;
  if (result.has_y && value.y == nullptr)
    value.y = llvm::Constant::getNullValue(value.base->getType());
  return value;
}

}  // namespace vgpu::jit
