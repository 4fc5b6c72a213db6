#include "shim/cpu/jit/lane_sum.h"

#include <llvm/Analysis/VectorUtils.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>

namespace vgpu::jit {

namespace {

using llvm::APInt;
using llvm::Value;

constexpr unsigned kDeepest = 100;  // more than any address; code comes from strangers

unsigned bits_of(const Value& vector) { return vector.getType()->getScalarSizeInBits(); }

APInt number(unsigned bits, std::int64_t value) {
  return {bits, static_cast<std::uint64_t>(value), true};
}

std::int64_t wrapped(std::uint64_t value, unsigned bits) {
  return number(bits, static_cast<std::int64_t>(value)).getSExtValue();
}

}  // namespace

LaneSums::LaneSums(llvm::Function& function)
    : b_(function.getContext()), layout_(function.getDataLayout()), guess_(function) {}

const LaneSum* LaneSums::visit(Value* vector, unsigned depth) {
  const auto [at, fresh] = known_.try_emplace(vector, std::nullopt);
  if (fresh && depth < kDeepest) {
    Found found = compute(vector, depth + 1);
    if (!found || found->height > kDeepest) found = leaf(vector);
    at->second = std::move(found);
  }
  return at->second ? &*at->second : nullptr;
}

LaneSums::Found LaneSums::compute(Value* vector, unsigned depth) {
  auto* const type = llvm::dyn_cast<llvm::FixedVectorType>(vector->getType());
  if (type == nullptr || !type->getElementType()->isIntegerTy() || bits_of(*vector) > 64 ||
      bits_of(*vector) < 8)
    return std::nullopt;
  LaneSum sum;
  if (auto* const given = llvm::dyn_cast<llvm::Constant>(vector)) {
    for (unsigned n = 0; n < type->getNumElements(); ++n) {
      auto* const lane = llvm::dyn_cast_or_null<llvm::ConstantInt>(given->getAggregateElement(n));
      if (lane == nullptr) return std::nullopt;
      sum.lanes.push_back(lane->getSExtValue());
    }
    return sum;
  }
  if (auto* const spread = llvm::dyn_cast<llvm::ShuffleVectorInst>(vector);
      spread != nullptr && spread->isZeroEltSplat()) {
    b_.SetInsertPoint(spread);
    sum.scalars = {first_lane(spread->getOperand(0), depth)};
    sum.lanes.assign(type->getNumElements(), 0);
    sum.is_splat = true;
    return sum;
  }
  if (auto* const phi = llvm::dyn_cast<llvm::PHINode>(vector)) return counted(*phi, depth);
  if (auto* const op = llvm::dyn_cast<llvm::BinaryOperator>(vector)) return binary(*op, depth);
  if (auto* const op = llvm::dyn_cast<llvm::CastInst>(vector)) return resized(*op, depth);
  return std::nullopt;
}

/// Lane 0 of `vector` without its other lanes, as far as that goes.
Value* LaneSums::first_lane(Value* vector, unsigned depth) {
  if (depth < kDeepest) {
    if (auto* const given = llvm::dyn_cast<llvm::InsertElementInst>(vector)) {
      const auto* const at = llvm::dyn_cast<llvm::ConstantInt>(given->getOperand(2));
      if (at != nullptr && at->isZero()) return given->getOperand(1);
    }
    if (auto* const op = llvm::dyn_cast<llvm::BinaryOperator>(vector);
        op != nullptr && op->hasOneUse()) {
      Value* const a = first_lane(op->getOperand(0), depth + 1);
      Value* const b = first_lane(op->getOperand(1), depth + 1);
      return b_.CreateBinOp(op->getOpcode(), a, b);
    }
  }
  return b_.CreateExtractElement(vector, std::uint64_t{0});
}

/// What a loop adds to, the same for all lanes each time, stays a sum.
LaneSums::Found LaneSums::counted(llvm::PHINode& phi, unsigned depth) {
  if (phi.getNumIncomingValues() != 2) return std::nullopt;
  for (unsigned n = 0; n < 2; ++n) {
    auto* const next = llvm::dyn_cast<llvm::BinaryOperator>(phi.getIncomingValue(n));
    if (next == nullptr || next->getOpcode() != llvm::Instruction::Add ||
        next->getOperand(0) != &phi)
      continue;
    Value* const step = llvm::getSplatValue(next->getOperand(1));
    const LaneSum* const start = visit(phi.getIncomingValue(1 - n), depth);
    if (step == nullptr || start == nullptr) return std::nullopt;
    LaneSum sum = *start;
    sum.made_of.clear();
    sum.is_splat = false;
    for (std::size_t group = 0; group < start->groups(); ++group) {
      b_.SetInsertPoint(&phi);
      llvm::PHINode* const scalar = b_.CreatePHI(step->getType(), 2);
      b_.SetInsertPoint(next);
      scalar->addIncoming(scalar_of(*start, group, start->groups(), step->getType()),
                          phi.getIncomingBlock(1 - n));
      scalar->addIncoming(b_.CreateAdd(scalar, step), phi.getIncomingBlock(n));
      sum.scalars[group] = scalar;
    }
    return sum;
  }
  return std::nullopt;
}

/// A guess, and all its lanes compared.
LaneSums::Found LaneSums::leaf(Value* vector) {
  const auto guess = guess_.of(vector);
  auto* const made = llvm::dyn_cast<llvm::Instruction>(vector);
  if (!guess || made == nullptr) return std::nullopt;
  b_.SetInsertPoint(*made->getInsertionPointAfterDef());
  const unsigned bits = bits_of(*vector);
  LaneSum sum;
  sum.scalars.clear();
  const auto count = static_cast<unsigned>(guess->lanes.size());
  const std::size_t width = count / guess->groups;
  std::vector<llvm::Constant*> apart;
  std::vector<int> firsts;
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t first = n - n % width;
    if (n == first) sum.scalars.push_back(b_.CreateExtractElement(vector, n));
    firsts.push_back(static_cast<int>(first));
    sum.lanes.push_back(wrapped(static_cast<std::uint64_t>(guess->lanes[n]) -
                                    static_cast<std::uint64_t>(guess->lanes[first]),
                                bits));
    apart.push_back(llvm::ConstantInt::get(b_.getContext(), number(bits, sum.lanes.back())));
  }
  Value* const wanted =
      b_.CreateAdd(b_.CreateShuffleVector(vector, firsts), llvm::ConstantVector::get(apart));
  require(sum,
          b_.CreateICmpEQ(b_.CreateBitCast(b_.CreateICmpEQ(vector, wanted), b_.getIntNTy(count)),
                          llvm::ConstantInt::getAllOnesValue(b_.getIntNTy(count))));
  return sum;
}

void LaneSums::require(LaneSum& sum, Value* condition) {
  sum.conditions.insert(conditions_.size());
  conditions_.push_back(condition);
}

Value* LaneSums::holds(llvm::IRBuilder<>& b, const LaneSum& sum, Value* mask) const {
  Value* all = b.getTrue();
  // In one order, so that what sums have in common is computed once.
  for (const std::size_t n : sum.conditions) all = b.CreateAnd(all, conditions_[n]);
  const auto* const known = llvm::dyn_cast<llvm::Constant>(mask);
  if (known != nullptr && known->isAllOnesValue()) return all;
  llvm::Type* const bits = b.getIntNTy(static_cast<unsigned>(sum.lanes.size()));
  return b.CreateAnd(
      all, b.CreateICmpEQ(b.CreateBitCast(mask, bits), llvm::ConstantInt::getAllOnesValue(bits)));
}

Value* LaneSums::again(llvm::IRBuilder<>& b, Value* vector) const {
  Copies copies;
  return copy(b, vector, copies);
}

Value* LaneSums::copy(llvm::IRBuilder<>& b, Value* vector, Copies& copies) const {
  if (llvm::isa<llvm::Constant>(vector)) return vector;
  Value*& made = copies[vector];
  if (made != nullptr) return made;
  const auto found = known_.find(vector);
  if (found == known_.end() || !found->second) return made = vector;
  const LaneSum& sum = *found->second;
  if (sum.is_splat)
    return made = b.CreateVectorSplat(static_cast<unsigned>(sum.lanes.size()), sum.scalars[0]);
  if (sum.made_of.empty()) return made = vector;
  llvm::Instruction* const anew = llvm::cast<llvm::Instruction>(vector)->clone();
  for (unsigned n = 0; n < anew->getNumOperands(); ++n)
    anew->setOperand(n, copy(b, anew->getOperand(n), copies));
  b.Insert(anew);
  return copies[vector] = anew;
}

}  // namespace vgpu::jit
