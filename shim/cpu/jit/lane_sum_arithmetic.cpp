#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/ConstantRange.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>
#include <bit>

#include "shim/cpu/jit/lane_sum.h"

namespace vgpu::jit {

namespace {

using llvm::APInt;
using llvm::Value;

unsigned bits_of(const Value& vector) { return vector.getType()->getScalarSizeInBits(); }

APInt number(unsigned bits, std::int64_t value) {
  return {bits, static_cast<std::uint64_t>(value), true};
}

std::int64_t wrapped(std::uint64_t value, unsigned bits) {
  return number(bits, static_cast<std::int64_t>(value)).getSExtValue();
}

bool is_same(const LaneSum& sum) {
  return std::adjacent_find(sum.lanes.begin(), sum.lanes.end(), std::not_equal_to<>()) ==
         sum.lanes.end();
}

/// The number that all lanes are, if they are one.
std::optional<std::int64_t> constant_of(const LaneSum& sum) {
  if (!sum.is_constant() || !is_same(sum)) return std::nullopt;
  return sum.lanes.front();
}

template <class F>
void for_lanes(LaneSum& sum, unsigned bits, const F& f) {
  for (auto& lane : sum.lanes) lane = wrapped(static_cast<std::uint64_t>(f(lane)), bits);
}

}  // namespace

LaneSums::Found LaneSums::binary(llvm::BinaryOperator& op, unsigned depth) {
  const LaneSum* const a = visit(op.getOperand(0), depth);
  const LaneSum* const b = visit(op.getOperand(1), depth);
  if (a == nullptr || b == nullptr) return std::nullopt;
  b_.SetInsertPoint(*op.getInsertionPointAfterDef());
  LaneSum result = *a;
  result.made_of = {op.getOperand(0), op.getOperand(1)};
  result.is_splat = false;
  result.height = std::max(a->height, b->height) + 1;
  result.conditions.insert(b->conditions.begin(), b->conditions.end());
  const unsigned bits = bits_of(op);
  const auto by = constant_of(*b);
  const bool shift = by && *by >= 0 && *by < static_cast<std::int64_t>(bits);
  switch (op.getOpcode()) {
    case llvm::Instruction::Or:
      if (!llvm::cast<llvm::PossiblyDisjointInst>(op).isDisjoint())
        return a->is_constant() ? joined(std::move(result), *a, *b)
                                : joined(std::move(result), *b, *a);
      [[fallthrough]];
    case llvm::Instruction::Add:
    case llvm::Instruction::Sub: {
      Found sum = added(op, *a, *b);
      result.scalars = std::move(sum->scalars);
      result.lanes = std::move(sum->lanes);
      return result;
    }
    case llvm::Instruction::Mul:
      return multiplied(std::move(result), *a, *b, bits);
    case llvm::Instruction::Shl: {
      if (!shift) return std::nullopt;
      LaneSum factor;
      factor.lanes.assign(a->lanes.size(), wrapped(std::uint64_t{1} << *by, bits));
      return multiplied(std::move(result), *a, factor, bits);
    }
    case llvm::Instruction::LShr:
    case llvm::Instruction::AShr:
      if (!shift) return std::nullopt;
      return shifted_down(op, std::move(result), static_cast<unsigned>(*by));
    case llvm::Instruction::And:
      if (!by) return std::nullopt;
      return masked(op, std::move(result), static_cast<std::uint64_t>(*by));
    default:
      return std::nullopt;
  }
}

LaneSums::Found LaneSums::added(llvm::BinaryOperator& op, const LaneSum& a, const LaneSum& b) {
  const bool minus = op.getOpcode() == llvm::Instruction::Sub;
  LaneSum sum;
  sum.scalars = a.scalars;
  if (!b.is_constant()) {
    const std::size_t groups = std::max(a.groups(), b.groups());
    llvm::Type* const type = b.scalars.front()->getType();
    sum.scalars.clear();
    for (std::size_t n = 0; n < groups; ++n) {
      Value* const from = scalar_of(a, n, groups, type);
      Value* const other = scalar_of(b, n, groups, type);
      sum.scalars.push_back(minus ? b_.CreateSub(from, other) : b_.CreateAdd(from, other));
    }
  }
  for (std::size_t n = 0; n < a.lanes.size(); ++n) {
    const auto x = static_cast<std::uint64_t>(a.lanes[n]);
    const auto y = static_cast<std::uint64_t>(b.lanes[n]);
    sum.lanes.push_back(wrapped(minus ? x - y : x + y, bits_of(op)));
  }
  return sum;
}

/// Low bits that lanes differ in, and scalars where they have none of them.
LaneSums::Found LaneSums::joined(LaneSum result, const LaneSum& low, const LaneSum& high) {
  const auto is_zero = [](std::int64_t lane) { return lane == 0; };
  if (!low.is_constant() || high.is_constant() || !std::ranges::all_of(high.lanes, is_zero))
    return std::nullopt;
  const auto [least, most] = std::minmax_element(low.lanes.begin(), low.lanes.end());
  result.scalars = high.scalars;
  result.lanes = low.lanes;
  const auto bits = static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(*most)));
  if (*least < 0 || !multiple_of(result, bits)) return std::nullopt;
  return result;
}

/// The scalar of one of so many groups, at least as many as the sum's.
Value* LaneSums::scalar_of(const LaneSum& sum, std::size_t group, std::size_t groups,
                           llvm::Type* type) {
  return sum.is_constant() ? llvm::ConstantInt::get(type, 0)
                           : sum.scalars[group * sum.groups() / groups];
}

/// Scalar and lanes of a group whose lanes are all the same.
Value* LaneSums::whole(const LaneSum& sum, std::size_t group, std::size_t groups,
                       llvm::Type* type) {
  const std::int64_t lane = sum.lanes[group * sum.lanes.size() / groups];
  auto* const same =
      llvm::ConstantInt::get(type, static_cast<std::uint64_t>(lane), /*IsSigned=*/true);
  return sum.is_constant() ? same : b_.CreateAdd(scalar_of(sum, group, groups, type), same);
}

LaneSums::Found LaneSums::multiplied(LaneSum result, const LaneSum& a, const LaneSum& b,
                                     unsigned bits) {
  if (!constant_of(b))
    return constant_of(a) ? multiplied(std::move(result), b, a, bits)
                          : by_groups(std::move(result), a, b, bits);
  const auto factor = static_cast<std::uint64_t>(b.lanes.front());
  result.scalars = a.scalars;
  if (!a.is_constant())
    for (Value*& scalar : result.scalars)
      scalar = b_.CreateMul(scalar, whole(b, 0, 1, b_.getIntNTy(bits)));
  result.lanes = a.lanes;
  for_lanes(result, bits,
            [&](std::int64_t lane) { return static_cast<std::uint64_t>(lane) * factor; });
  return result;
}

/// The product of what differs from group to group at most.
LaneSums::Found LaneSums::by_groups(LaneSum result, const LaneSum& a, const LaneSum& b,
                                    unsigned bits) {
  const std::size_t first = groups_of_same(a.lanes), second = groups_of_same(b.lanes);
  if (first == 0 || second == 0) return std::nullopt;  // the products' distances are not constants
  const std::size_t groups = std::max({first, second, a.groups(), b.groups()});
  llvm::Type* const type = b_.getIntNTy(bits);
  result.scalars.clear();
  for (std::size_t n = 0; n < groups; ++n)
    result.scalars.push_back(b_.CreateMul(whole(a, n, groups, type), whole(b, n, groups, type)));
  result.lanes.assign(a.lanes.size(), 0);
  return result;
}

/// floor((s + c) / 2^by) is s / 2^by + floor(c / 2^by) where s is a multiple.
LaneSums::Found LaneSums::shifted_down(llvm::BinaryOperator& op, LaneSum result, unsigned by) {
  const unsigned bits = bits_of(op);
  const bool arithmetic = op.getOpcode() == llvm::Instruction::AShr;
  const auto down = [&](std::int64_t lane) {
    return arithmetic ? lane >> by
                      : static_cast<std::int64_t>(number(bits, lane).getZExtValue() >> by);
  };
  if (result.is_constant()) {
    for_lanes(result, bits, down);
    return result;
  }
  if (by == bits - 1) {  // the sign, which numbers of threads do not have
    if (!within(result, APInt::getZero(bits), APInt::getSignedMaxValue(bits))) return std::nullopt;
    result.scalars = {nullptr};
    result.lanes.assign(result.lanes.size(), 0);
    return result;
  }
  const bool fits =
      arithmetic ? within(result, APInt::getSignedMinValue(bits), APInt::getSignedMaxValue(bits))
                 : within(result, APInt::getZero(bits), APInt::getMaxValue(bits));
  if (!fits || !multiple_of(result, by)) return std::nullopt;
  for (Value*& scalar : result.scalars)
    scalar = arithmetic ? b_.CreateAShr(scalar, by) : b_.CreateLShr(scalar, by);
  for_lanes(result, bits, [&](std::int64_t lane) { return lane >> by; });
  return result;
}

/// A mask of low bits leaves what lanes do not share; one of high bits leaves the rest as it is.
LaneSums::Found LaneSums::masked(llvm::BinaryOperator& op, LaneSum result, std::uint64_t mask) {
  const unsigned bits = bits_of(op);
  const APInt wide = number(bits, static_cast<std::int64_t>(mask));
  const auto kept = [&](std::int64_t lane) { return static_cast<std::uint64_t>(lane) & mask; };
  if (result.is_constant()) {
    for_lanes(result, bits, kept);
    return result;
  }
  if (wide.isMask()) {
    if (!multiple_of(result, wide.countr_one())) return std::nullopt;
    result.scalars = {nullptr};
    for_lanes(result, bits, kept);
    return result;
  }
  if (!wide.isShiftedMask()) return std::nullopt;
  const unsigned low = wide.countr_zero(), high = bits - wide.countl_zero();
  if (high < bits && !within(result, APInt::getZero(bits), APInt::getLowBitsSet(bits, high)))
    return std::nullopt;
  if (!multiple_of(result, low)) return std::nullopt;
  for_lanes(result, bits, [&](std::int64_t lane) {
    return static_cast<std::uint64_t>(lane) & (~std::uint64_t{0} << low);
  });
  return result;
}

LaneSums::Found LaneSums::resized(llvm::CastInst& op, unsigned depth) {
  const auto opcode = op.getOpcode();
  if (opcode != llvm::Instruction::ZExt && opcode != llvm::Instruction::SExt &&
      opcode != llvm::Instruction::Trunc)
    return std::nullopt;
  const LaneSum* const from = visit(op.getOperand(0), depth);
  if (from == nullptr) return std::nullopt;
  b_.SetInsertPoint(*op.getInsertionPointAfterDef());
  LaneSum result = *from;
  result.made_of = {op.getOperand(0)};
  result.is_splat = false;
  result.height = from->height + 1;
  const unsigned narrow = bits_of(*op.getOperand(0));
  const bool with_sign = opcode == llvm::Instruction::SExt;
  if (opcode != llvm::Instruction::Trunc && !result.is_constant()) {
    const APInt low = with_sign ? APInt::getSignedMinValue(narrow) : APInt::getZero(narrow);
    const APInt high = with_sign ? APInt::getSignedMaxValue(narrow) : APInt::getMaxValue(narrow);
    if (!within(result, low, high)) return std::nullopt;
  } else if (opcode == llvm::Instruction::ZExt) {
    for (auto& lane : result.lanes)
      lane = static_cast<std::int64_t>(number(narrow, lane).getZExtValue());
  }
  for_lanes(result, bits_of(op), [](std::int64_t lane) { return lane; });
  if (!result.is_constant())
    for (Value*& scalar : result.scalars)
      scalar = b_.CreateCast(opcode, scalar, op.getType()->getScalarType());
  return result;
}

/// Sees to it that the scalars' low bits are zero. False when they cannot be.
bool LaneSums::multiple_of(LaneSum& sum, unsigned bits) {
  if (bits == 0) return true;
  for (Value* const scalar : sum.scalars) {
    const llvm::KnownBits known = llvm::computeKnownBits(scalar, layout_);
    if (known.countMinTrailingZeros() >= bits) continue;
    if (known.countMaxTrailingZeros() < bits) return false;
    const APInt low = APInt::getLowBitsSet(known.getBitWidth(), bits);
    require(sum, b_.CreateICmpEQ(b_.CreateAnd(scalar, low),
                                 llvm::ConstantInt::get(scalar->getType(), 0)));
  }
  return true;
}

/// Sees to it that every lane lies in [low, high] without wrapping. The numbers are signed if `low`
/// is negative, else not. False when they cannot be.
bool LaneSums::within(LaneSum& sum, const APInt& low, const APInt& high) {
  for (std::size_t group = 0; group < sum.groups(); ++group)
    if (!group_within(sum, group, low, high)) return false;
  return true;
}

bool LaneSums::group_within(LaneSum& sum, std::size_t group, const APInt& low, const APInt& high) {
  Value* const scalar = sum.scalars[group];
  const auto width = static_cast<std::ptrdiff_t>(sum.group_width());
  const auto from_lane = sum.lanes.begin() + static_cast<std::ptrdiff_t>(group) * width;
  const auto [least, most] = std::minmax_element(from_lane, from_lane + width);
  const unsigned bits = low.getBitWidth();
  const APInt down = number(bits, std::max<std::int64_t>(-*least, 0));
  const APInt up = number(bits, std::max<std::int64_t>(*most, 0));
  const APInt room = high - low;
  if (down.ugt(room) || up.ugt(room - down)) return false;
  const APInt from = low + down, to = high - up;
  const llvm::KnownBits known = llvm::computeKnownBits(scalar, layout_);
  const auto range = llvm::ConstantRange::fromKnownBits(known, low.isNegative());
  const auto wanted = llvm::ConstantRange::getNonEmpty(from, to + 1);
  if (wanted.contains(range)) return true;
  if (wanted.intersectWith(range).isEmptySet()) return false;
  llvm::Type* const type = scalar->getType();
  require(sum, b_.CreateICmpULE(b_.CreateSub(scalar, llvm::ConstantInt::get(type, from)),
                                llvm::ConstantInt::get(type, to - from)));
  return true;
}

}  // namespace vgpu::jit
