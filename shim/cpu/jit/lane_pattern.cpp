#include "shim/cpu/jit/lane_pattern.h"

#include <llvm/Analysis/VectorUtils.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>

namespace vgpu::jit {

namespace {

constexpr unsigned kDeepest = 200;  // more than any address; code comes from strangers

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

PatternGuess::Found PatternGuess::visit(llvm::Value* vector, unsigned depth) {
  const auto [at, fresh] = known_.try_emplace(vector, std::nullopt);
  if (!fresh || depth > kDeepest) return at->second;
  return known_[vector] = compute(vector, depth + 1);
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
  if (!sum && b->shares && !all_same(*a)) return std::nullopt;
  if (opcode == llvm::Instruction::Mul && a->shares && !all_same(*b)) return std::nullopt;
  LanePattern result;
  result.shares = a->shares || b->shares;
  for (std::size_t n = 0; n < a->lanes.size(); ++n) {
    const auto lane = apply(opcode, a->lanes[n], b->lanes[n], width_of(op));
    if (!lane) return std::nullopt;
    result.lanes.push_back(wrapped(*lane, width_of(op)));
  }
  return result;
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
  if (!b || (!one && (a->shares || b->shares))) return std::nullopt;
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
