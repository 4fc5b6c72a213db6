#include <llvm/IR/Constants.h>

#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using Kind = Shape::Kind;
using llvm::Value;
using ptx::Operand;
using ptx::Space;

/// The register of a memory operand, as i64. Offsets into a window are 32 bits with a sign:
/// whatever they are, the window's surroundings catch them.
Lanes Generator::address_register(const Operand& operand, bool window) {
  llvm::Type* const i64 = b_.getInt64Ty();
  Lanes at = read(operand.value);
  const ptx::Type own = code_.webs[static_cast<std::size_t>(operand.value)].type;
  if (window && ptx::size_of(own) == 8) {
    if (at.shape.is_varying())
      at.base = b_.CreateTrunc(at.base, wide(b_.getInt32Ty()));
    else
      at = resized(at, b_.getInt32Ty());
    if (at.shape.kind == Kind::wide)
      at.shape = Shape::affine(at.shape.x * at.shape.scale, at.y != nullptr, 0);
  }
  if (at.shape.kind == Kind::wide) return at;
  const auto widen = [&](Value* part) -> Value* {
    if (part == nullptr) return nullptr;
    llvm::Type* const to = part->getType()->isVectorTy() ? wide(i64) : i64;
    return window ? b_.CreateSExt(part, to) : b_.CreateZExt(part, to);
  };
  at.base = widen(at.base);
  at.y = widen(at.y);
  return at;
}

/// The addresses of a memory operand as host addresses, i64.
Lanes Generator::address(const ptx::Instruction& inst, const Operand& operand) {
  llvm::Type* const i64 = b_.getInt64Ty();
  const bool window = inst.space == Space::shared || inst.space == Space::local;
  Lanes at{Shape::uniform(), b_.getInt64(0), nullptr, nullptr};
  if (operand.base_is_reg) at = address_register(operand, window);
  Value* origin = link_address(operand.name, operand.offset);
  switch (inst.space) {
    case Space::shared:
      origin = b_.CreateAdd(origin, b_.CreatePtrToInt(shared_, i64));
      break;
    case Space::param:
      if (form_ == Form::function) {
        at = sum(at, {Shape::uniform(), origin, nullptr, nullptr}, false);
        return lane_memory(args_, stride_, 0, at);
      }
      origin = b_.CreateAdd(origin, b_.CreatePtrToInt(params_, i64));
      break;
    case Space::local:
      if (code_.local_bytes == 0) unsupported(inst, "local memory without a variable");
      origin = b_.CreateAdd(origin, local_);
      if (at.shape.is_varying())
        at.base = b_.CreateAdd(at.base, splat(origin));
      else
        at = at.shape.kind == Kind::wide
                 ? at
                 : sum(at, {Shape::uniform(), origin, nullptr, nullptr}, false);
      return lane_memory(b_.getInt64(0), nullptr, code_.local_bytes, at);
    case Space::generic:
    case Space::global:
    case Space::constant:
    case Space::reg:
      break;
  }
  if (at.shape.is_varying()) {
    at.base = b_.CreateAdd(at.base, splat(origin));
    return at;
  }
  return sum(at, {Shape::uniform(), origin, nullptr, nullptr}, false);
}

/// Memory that each lane has of its own, `stride` (known, if it is not a value) bytes apart.
Lanes Generator::lane_memory(Value* base, Value* stride, std::int64_t stride_known,
                             const Lanes& offset) {
  llvm::Type* const i64 = b_.getInt64Ty();
  if (stride != nullptr) {
    Value* const lanes = b_.CreateZExt(lane_indices(), wide(i64));
    Value* const areas = b_.CreateAdd(splat(base), b_.CreateMul(lanes, splat(stride)));
    return {Shape::varying(), b_.CreateAdd(areas, vector(offset)), nullptr, nullptr};
  }
  const unsigned row = analysis_.block.row();
  Lanes lanes{Shape::affine(stride_known, row < kWarpSize, 0), base, nullptr, nullptr};
  if (row < kWarpSize) lanes.y = b_.getInt64(static_cast<std::uint64_t>(stride_known) * row);
  Lanes at = offset;
  if (at.base->getType()->getScalarType() != i64) {
    at.base = b_.CreateSExt(at.base, at.base->getType()->isVectorTy() ? wide(i64) : i64);
    if (at.y != nullptr) at.y = b_.CreateSExt(at.y, i64);
  }
  if (at.shape.is_varying() || at.shape.kind == Kind::wide)
    return {Shape::varying(), b_.CreateAdd(vector(lanes), vector(at)), nullptr, nullptr};
  return sum(lanes, at, false);
}

Value* Generator::pointer(Value* address) {
  llvm::Type* const ptr = b_.getPtrTy();
  return b_.CreateIntToPtr(address, address->getType()->isVectorTy() ? wide(ptr) : ptr);
}

/// base + y * row.
Value* Generator::row_of(Value* base, Value* y, unsigned row) {
  if (row == 0 || y == nullptr) return base;
  return b_.CreateAdd(base, b_.CreateMul(y, llvm::ConstantInt::get(y->getType(), row)));
}

/// Splits a linear address into rows; false for one that is not linear.
bool Generator::rows_of(const Lanes& address, Rows& rows) {
  const unsigned count = analysis_.block.rows();
  const auto last = static_cast<std::int64_t>(analysis_.block.row()) - 1;
  const Shape& shape = address.shape;
  if (shape.kind == Kind::affine) {
    for (unsigned n = 0; n < count; ++n) rows.bases.push_back(row_of(address.base, address.y, n));
    rows.stride = shape.x;
    rows.same = address.y == nullptr;
    return true;
  }
  if (shape.kind != Kind::wide) return false;
  rows.stride = shape.x * shape.scale;
  rows.same = address.y == nullptr;
  for (unsigned n = 0; n < count; ++n) {
    Value* const inner = row_of(address.base, address.y, n);
    // Extending lane by lane is the same as extending once, if the row does not wrap around.
    const std::int64_t reach = shape.x * last;
    llvm::Type* const i32 = b_.getInt32Ty();
    if (reach != 0 && (n == 0 || address.y != nullptr)) {
      const std::int64_t low = shape.is_signed ? INT32_MIN : 0;
      const std::int64_t high = shape.is_signed ? INT32_MAX : std::int64_t{UINT32_MAX};
      if (reach > high - low || -reach > high - low) return false;
      Value* const bound = llvm::ConstantInt::get(
          i32, llvm::APInt(64, static_cast<std::uint64_t>(reach > 0 ? high - reach : low - reach))
                   .trunc(32));
      const auto predicate =
          reach > 0 ? (shape.is_signed ? llvm::CmpInst::ICMP_SLE : llvm::CmpInst::ICMP_ULE)
                    : (shape.is_signed ? llvm::CmpInst::ICMP_SGE : llvm::CmpInst::ICMP_UGE);
      Value* const holds = b_.CreateICmp(predicate, inner, bound);
      rows.linear = rows.linear == nullptr ? holds : b_.CreateAnd(rows.linear, holds);
    }
    Value* const extended = shape.is_signed ? b_.CreateSExt(inner, b_.getInt64Ty())
                                            : b_.CreateZExt(inner, b_.getInt64Ty());
    rows.bases.push_back(b_.CreateAdd(
        address.u, b_.CreateMul(extended, b_.getInt64(static_cast<std::uint64_t>(shape.scale)))));
  }
  return true;
}

/// The lanes of one row, each repeated for `repeat` elements.
Value* Generator::row_mask(Value* mask, unsigned row, unsigned repeat) {
  const unsigned width = analysis_.block.row();
  if (width == kWarpSize && repeat == 1) return mask;
  std::vector<int> picks;
  for (unsigned n = 0; n < width * repeat; ++n)
    picks.push_back(static_cast<int>(row * width + n / repeat));
  return b_.CreateShuffleVector(mask, picks);
}

unsigned Generator::elements(const ptx::Instruction& inst) {
  return inst.has(ptx::Mod::v8_)   ? 8
         : inst.has(ptx::Mod::v4_) ? 4
         : inst.has(ptx::Mod::v2_) ? 2
                                   : 1;
}

/// All 32 lanes take part.
bool Generator::is_full(const ptx::Instruction& inst) const {
  return analysis_.block.full && !analysis_.partial[current_] && !guard_varies(inst) &&
         form_ != Form::function;
}

/// The parts one after the other as one vector; all have the same type.
Value* Generator::concat(const std::vector<Value*>& parts) {
  std::vector<Value*> level = parts;
  while (level.size() > 1) {
    std::vector<Value*> next;
    for (std::size_t n = 0; n < level.size(); n += 2) {
      const auto count = static_cast<int>(
          llvm::cast<llvm::FixedVectorType>(level[n]->getType())->getNumElements());
      std::vector<int> picks;
      for (int k = 0; k < 2 * count; ++k) picks.push_back(k);
      next.push_back(b_.CreateShuffleVector(level[n], level[n + 1], picks));
    }
    level = std::move(next);
  }
  return level.front();
}

}  // namespace vgpu::jit
