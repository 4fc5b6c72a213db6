#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using Kind = Shape::Kind;
using llvm::Type;
using llvm::Value;

Type* Generator::storage(llvm::IRBuilder<>& builder, ptx::Type type) {
  switch (type) {
    case ptx::Type::pred:
      return builder.getInt1Ty();
    case ptx::Type::f32:
      return builder.getFloatTy();
    case ptx::Type::f64:
      return builder.getDoubleTy();
    default:
      return builder.getIntNTy(8 * ptx::size_of(type));
  }
}

Type* Generator::wide(Type* scalar) { return llvm::FixedVectorType::get(scalar, kWarpSize); }

Value* Generator::splat(Value* scalar) {
  return scalar->getType()->isVectorTy() ? scalar : b_.CreateVectorSplat(kWarpSize, scalar);
}

Generator::Slot& Generator::slot(std::int64_t web) {
  const auto index = static_cast<std::size_t>(web);
  Slot& made = slots_[index];
  if (made.base != nullptr) return made;
  const Shape& shape = analysis_.webs[index];
  Type* const type = storage(code_.webs[index].type);
  // A wide value counts in 32 bits inside.
  Type* const part = shape.kind == Kind::wide ? b_.getInt32Ty() : type;
  made.base = variable(shape.is_uniform() || shape.kind == Kind::affine || shape.kind == Kind::wide
                           ? part
                           : wide(type),
                       "r" + llvm::Twine(web));
  if (shape.has_y) made.y = variable(part, "y" + llvm::Twine(web));
  if (shape.kind == Kind::wide) made.u = variable(type, "u" + llvm::Twine(web));
  return made;
}

Lanes Generator::read(std::int64_t web) {
  const Slot& from = slot(web);
  const auto get = [&](llvm::AllocaInst* at) -> Value* {
    return at == nullptr ? nullptr : b_.CreateLoad(at->getAllocatedType(), at);
  };
  Lanes lanes{analysis_.webs[static_cast<std::size_t>(web)], get(from.base), get(from.y),
              get(from.u)};
  if (lanes.shape.kind == Kind::unknown) lanes.shape = Shape::varying();
  return lanes;
}

/// Stores into `web`, in the web's shape. Lanes that do not take part keep what they had where
/// anything could still see it.
void Generator::write(std::int64_t web, Lanes value, const ptx::Instruction& inst) {
  const auto index = static_cast<std::size_t>(web);
  const Slot& to = slot(web);
  guarded_.erase(web);
  Shape shape = analysis_.webs[index];
  if (shape.kind == Kind::unknown) shape = Shape::varying();
  value = shaped(value, shape);
  if (shape.is_varying()) {
    const bool guarded = guard_varies(inst);
    const bool masked = analysis_.blend[index] && (analysis_.partial[current_] || guarded);
    const Web& known = code_.webs[index];
    Value* keep = nullptr;
    if (masked)
      keep = active(inst);
    else if (guarded && (known.defs.size() > 1 || known.live_at_entry))
      keep = guard_lanes(inst);
    if (keep != nullptr) {
      Value* const old = b_.CreateLoad(to.base->getAllocatedType(), to.base);
      value.base = b_.CreateSelect(keep, value.base, old);
    }
  }
  store_part(to.base, value.base, inst);
  store_part(to.y, value.y, inst);
  store_part(to.u, value.u, inst);
}

void Generator::store_part(llvm::AllocaInst* at, Value* value, const ptx::Instruction& inst) {
  if (at == nullptr) return;
  if (inst.guard >= 0 && !guard_varies(inst))
    value = b_.CreateSelect(guard_scalar(inst), value, b_.CreateLoad(at->getAllocatedType(), at));
  b_.CreateStore(value, at);
}

/// `value` in a shape that its own is part of.
Lanes Generator::shaped(const Lanes& value, const Shape& shape) {
  if (shape.is_varying()) return {shape, vector(value), nullptr, nullptr};
  Lanes result = value;
  result.shape = shape;
  if (value.base->getType()->isVectorTy()) {
    // All active lanes agree: any of them will do.
    result.base = extract(value.base, first_lane(mask_));
  }
  if (shape.has_y && result.y == nullptr)
    result.y = llvm::Constant::getNullValue(result.base->getType());
  return result;
}

/// x * lane's x + y * lane's y, as a vector of `scalar`.
Value* Generator::lane_offsets(Type* scalar, std::int64_t x, Value* y) {
  const unsigned row = analysis_.block.row();
  std::vector<llvm::Constant*> offsets;
  std::vector<llvm::Constant*> rows;
  for (unsigned n = 0; n < kWarpSize; ++n) {
    offsets.push_back(llvm::ConstantInt::getSigned(scalar, 0));
    const auto offset = static_cast<std::uint64_t>(x) * (n % row);
    offsets.back() =
        llvm::ConstantInt::get(scalar, llvm::APInt(64, offset).trunc(scalar->getIntegerBitWidth()));
    rows.push_back(llvm::ConstantInt::get(scalar, n / row));
  }
  Value* const constant = llvm::ConstantVector::get(offsets);
  if (y == nullptr) return constant;
  return b_.CreateAdd(constant, b_.CreateMul(splat(y), llvm::ConstantVector::get(rows)));
}

/// The value as one vector with an element a lane.
Value* Generator::vector(const Lanes& value) {
  switch (value.shape.kind) {
    case Kind::unknown:
    case Kind::varying:
    case Kind::uniform:
      return splat(value.base);
    case Kind::affine:
      return b_.CreateAdd(splat(value.base),
                          lane_offsets(value.base->getType(), value.shape.x, value.y));
    case Kind::wide: {
      Value* const inner = b_.CreateAdd(
          splat(value.base), lane_offsets(value.base->getType(), value.shape.x, value.y));
      Type* const type = wide(value.u->getType());
      Value* const extended =
          value.shape.is_signed ? b_.CreateSExt(inner, type) : b_.CreateZExt(inner, type);
      Value* const factor =
          splat(llvm::ConstantInt::getSigned(value.u->getType(), value.shape.scale));
      return b_.CreateAdd(splat(value.u), b_.CreateMul(extended, factor));
    }
  }
  return nullptr;
}

bool Generator::guard_varies(const ptx::Instruction& inst) const {
  return inst.guard >= 0 && !analysis_.webs[static_cast<std::size_t>(inst.guard)].is_uniform();
}

Value* Generator::guard_lanes(const ptx::Instruction& inst) {
  Value* const lanes = vector(read(inst.guard));
  return inst.guard_negated ? b_.CreateNot(lanes) : lanes;
}

Value* Generator::guard_scalar(const ptx::Instruction& inst) {
  Value* const holds = read(inst.guard).base;
  return inst.guard_negated ? b_.CreateNot(holds) : holds;
}

Value* Generator::active(const ptx::Instruction& inst) {
  if (inst.guard < 0) return mask_;
  return b_.CreateAnd(mask_, guard_lanes(inst));
}

Value* Generator::bits(Value* mask) { return b_.CreateBitCast(mask, b_.getInt32Ty()); }

Value* Generator::first_lane(Value* mask) {
  if (llvm::isa<llvm::Constant>(mask)) return b_.getInt32(0);
  return b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, bits(mask), b_.getTrue());
}

/// Element `lane`, counted modulo the warp's size so that it is always one.
Value* Generator::extract(Value* vector, Value* lane) {
  return b_.CreateExtractElement(vector, b_.CreateAnd(lane, b_.getInt32(kWarpSize - 1)));
}

}  // namespace vgpu::jit
