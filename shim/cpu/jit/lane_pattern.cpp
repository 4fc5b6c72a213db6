#include "shim/cpu/jit/lane_pattern.h"

#include <llvm/Analysis/VectorUtils.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>

namespace vgpu::jit {

namespace {

constexpr unsigned kDeepest = 200;   // more than any address; code comes from strangers
constexpr unsigned kCircles = 1000;  // of values that depend on themselves

unsigned width_of(const llvm::Value& vector) { return vector.getType()->getScalarSizeInBits(); }

std::size_t count_of(const llvm::Value& vector) {
  return llvm::cast<llvm::FixedVectorType>(vector.getType())->getNumElements();
}

/// The low `bits` of a number, with their sign.
std::int64_t wrapped(std::int64_t value, unsigned bits) {
  if (bits >= 64) return value;
  const auto up = static_cast<std::uint64_t>(value) << (64 - bits);
  return static_cast<std::int64_t>(up) >> (64 - bits);
}

std::uint64_t unsigned_of(std::int64_t value, unsigned bits) {
  const auto all = static_cast<std::uint64_t>(value);
  return bits >= 64 ? all : all & ((std::uint64_t{1} << bits) - 1);
}

bool all_same(const LanePattern& pattern) {
  return std::equal(pattern.lanes.begin() + 1, pattern.lanes.end(), pattern.lanes.begin());
}

/// One lane of an operation on integers; nothing for what has no result.
std::optional<std::int64_t> apply(unsigned opcode, std::int64_t a, std::int64_t b, unsigned bits) {
  const std::uint64_t x = unsigned_of(a, bits), y = unsigned_of(b, bits);
  const bool shift = y < bits;
  switch (opcode) {
    case llvm::Instruction::Add:
      return static_cast<std::int64_t>(x + y);
    case llvm::Instruction::Sub:
      return static_cast<std::int64_t>(x - y);
    case llvm::Instruction::Mul:
      return static_cast<std::int64_t>(x * y);
    case llvm::Instruction::And:
      return a & b;
    case llvm::Instruction::Or:
      return a | b;
    case llvm::Instruction::Xor:
      return a ^ b;
    case llvm::Instruction::Shl:
      if (shift) return static_cast<std::int64_t>(x << y);
      break;
    case llvm::Instruction::LShr:
      if (shift) return static_cast<std::int64_t>(x >> y);
      break;
    case llvm::Instruction::AShr:
      if (shift) return a >> y;
      break;
    case llvm::Instruction::UDiv:
      if (y != 0) return static_cast<std::int64_t>(x / y);
      break;
    case llvm::Instruction::URem:
      if (y != 0) return static_cast<std::int64_t>(x % y);
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::size_t groups_of_same(const std::vector<std::int64_t>& lanes) {
  for (std::size_t groups = 1; groups <= kMostGroups && lanes.size() % groups == 0; groups *= 2) {
    const std::size_t width = lanes.size() / groups;
    bool same = true;
    for (std::size_t n = 0; n < lanes.size(); ++n) same &= lanes[n] == lanes[n - n % width];
    if (same) return groups;
  }
  return 0;
}

PatternGuess::PatternGuess(llvm::Function& function) {
  for (auto& block : function)
    for (auto& inst : block)
      if (auto* const store = llvm::dyn_cast<llvm::StoreInst>(&inst))
        if (llvm::MDNode* const mark = store->getMetadata(kKept))
          kept_[mark] = store->getValueOperand();
}

PatternGuess::Found PatternGuess::visit(llvm::Value* vector, unsigned depth) {
  const auto [at, fresh] = known_.try_emplace(vector);
  if (!fresh || depth > kDeepest) {
    circles_ += at->second.open ? 1 : 0;
    return at->second.found;
  }
  const unsigned circles = circles_;
  Found found = compute(vector, depth + 1);
  // Asked again from outside the circle, it may be found.
  if (!found && circles_ != circles && circles_ < kCircles)
    known_.erase(vector);
  else
    known_[vector] = {found, false};
  return found;
}

PatternGuess::Found PatternGuess::compute(llvm::Value* vector, unsigned depth) {
  if (!llvm::isa<llvm::FixedVectorType>(vector->getType())) return std::nullopt;
  if (auto* const given = llvm::dyn_cast<llvm::Constant>(vector)) return constant(given);
  const auto* const spread = llvm::dyn_cast<llvm::ShuffleVectorInst>(vector);
  if (spread != nullptr && spread->isZeroEltSplat())
    return LanePattern{std::vector<std::int64_t>(count_of(*vector), 0), true};
  if (auto* const op = llvm::dyn_cast<llvm::BinaryOperator>(vector)) return binary(*op, depth);
  if (auto* const op = llvm::dyn_cast<llvm::CastInst>(vector)) return resized(*op, depth);
  if (auto* const op = llvm::dyn_cast<llvm::ShuffleVectorInst>(vector)) return shuffled(*op, depth);
  // Lanes that a mask leaves out, or that come in by another way, are taken to be like the others.
  if (auto* const op = llvm::dyn_cast<llvm::SelectInst>(vector)) return any_of(*op, 1, depth);
  if (auto* const op = llvm::dyn_cast<llvm::PHINode>(vector)) return any_of(*op, 0, depth);
  if (auto* const op = llvm::dyn_cast<llvm::FreezeInst>(vector)) return any_of(*op, 0, depth);
  if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(vector)) return kept(*load, depth);
  return std::nullopt;
}

PatternGuess::Found PatternGuess::constant(llvm::Constant* vector) {
  LanePattern pattern;
  for (unsigned n = 0; n < count_of(*vector); ++n) {
    const auto* const lane =
        llvm::dyn_cast_or_null<llvm::ConstantInt>(vector->getAggregateElement(n));
    if (lane == nullptr || lane->getBitWidth() > 64) return std::nullopt;
    pattern.lanes.push_back(lane->getSExtValue());
  }
  return pattern;
}

PatternGuess::Found PatternGuess::binary(llvm::BinaryOperator& op, unsigned depth) {
  const Found a = visit(op.getOperand(0), depth);
  const Found b = visit(op.getOperand(1), depth);
  if (!a || !b || width_of(op) > 64) return std::nullopt;
  const unsigned opcode = op.getOpcode();
  const bool sum = opcode == llvm::Instruction::Add || opcode == llvm::Instruction::Sub;
  // Of a product and the like the unknown part may be all that matters.
  const bool times = opcode == llvm::Instruction::Mul;
  if ((!sum && b->shares && !all_same(*a)) || (times && a->shares && !all_same(*b)))
    return times ? product(*a, *b) : std::nullopt;
  LanePattern result;
  result.shares = a->shares || b->shares;
  result.groups = std::max(a->groups, b->groups);
  for (std::size_t n = 0; n < a->lanes.size(); ++n) {
    const auto lane = apply(opcode, a->lanes[n], b->lanes[n], width_of(op));
    if (!lane) return std::nullopt;
    result.lanes.push_back(wrapped(*lane, width_of(op)));
  }
  return result;
}

/// Where the factors are the same in all lanes of a group, so are the products.
PatternGuess::Found PatternGuess::product(const LanePattern& a, const LanePattern& b) {
  const std::size_t first = groups_of_same(a.lanes), second = groups_of_same(b.lanes);
  if (first == 0 || second == 0) return std::nullopt;
  LanePattern result;
  result.lanes.assign(a.lanes.size(), 0);
  result.shares = true;
  result.groups = std::max({first, second, a.groups, b.groups});
  return result;
}

/// What comes back is what was put aside.
PatternGuess::Found PatternGuess::kept(llvm::LoadInst& load, unsigned depth) {
  const auto stored = kept_.find(load.getMetadata(kKept));
  if (stored == kept_.end() || stored->second->getType() != load.getType()) return std::nullopt;
  Found found = visit(stored->second, depth);
  if (found) found->shares = true;
  return found;
}

PatternGuess::Found PatternGuess::resized(llvm::CastInst& op, unsigned depth) {
  Found result = visit(op.getOperand(0), depth);
  if (!result) return std::nullopt;
  const unsigned from = width_of(*op.getOperand(0));
  switch (op.getOpcode()) {
    case llvm::Instruction::ZExt:
      // What lanes share keeps a sum from being negative.
      if (!result->shares)
        for (auto& lane : result->lanes) lane = static_cast<std::int64_t>(unsigned_of(lane, from));
      return result;
    case llvm::Instruction::Trunc:
      for (auto& lane : result->lanes) lane = wrapped(lane, width_of(op));
      return result;
    case llvm::Instruction::SExt:
    case llvm::Instruction::IntToPtr:
    case llvm::Instruction::PtrToInt:
      return result;
    default:
      return std::nullopt;
  }
}

PatternGuess::Found PatternGuess::any_of(llvm::User& op, unsigned first, unsigned depth) {
  for (unsigned n = first; n < op.getNumOperands(); ++n)
    if (Found found = visit(op.getOperand(n), depth)) {
      found->shares = true;
      return found;
    }
  return std::nullopt;
}

PatternGuess::Found PatternGuess::shuffled(llvm::ShuffleVectorInst& op, unsigned depth) {
  const Found a = visit(op.getOperand(0), depth);
  if (!a) return std::nullopt;
  const bool one = llvm::isa<llvm::UndefValue>(op.getOperand(1));
  const Found b = one ? a : visit(op.getOperand(1), depth);
  // Two halves share nothing that is known.
  if (!b || a->groups != 1 || (!one && (a->shares || b->shares))) return std::nullopt;
  LanePattern result;
  result.shares = a->shares;
  for (const int pick : op.getShuffleMask()) {
    if (pick < 0) return std::nullopt;
    const auto index = static_cast<std::size_t>(pick);
    const std::size_t size = a->lanes.size();
    result.lanes.push_back(index < size ? a->lanes[index] : b->lanes[index - size]);
  }
  return result;
}

}  // namespace vgpu::jit
