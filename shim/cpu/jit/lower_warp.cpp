// What a warp's lanes find out together: vote, match, redux, activemask, elect.
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_lanes.h"
#include "shim/cpu/jit/lower_rounding.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// A scalar at the instruction's width.
Value* spread(Emit& e, Value* scalar) { return e.uniform() ? scalar : e.splat(scalar); }

/// A value at the instruction's width as a vector.
Value* as_vector(Emit& e, Value* value) { return e.uniform() ? e.splat(value) : value; }

/// The lanes of operand `index` that take part, for each lane: it names them, and they run this.
Value* members(Emit& e, unsigned index) {
  return e.b.CreateAnd(e.src(index, Type::b32), spread(e, mask_bits(e, e.active())));
}

/// True for every lane whose members all have their bit in `wanted` (a scalar) set.
Value* all_of(Emit& e, Value* group, Value* wanted) {
  Value* missing = e.b.CreateAnd(group, spread(e, e.b.CreateNot(wanted)));
  return e.b.CreateICmpEQ(missing, num(missing, 0));
}

}  // namespace

void lower_vote(Emit& e) {
  Value* yes = mask_bits(e, as_vector(e, e.src(1, Type::pred)));
  Value* group = e.i.has(Mod::sync_) ? members(e, 2) : spread(e, mask_bits(e, e.active()));
  if (e.i.has(Mod::ballot_)) return e.dst(0, e.b.CreateAnd(group, spread(e, yes)), Type::b32);
  Value* every = all_of(e, group, yes);
  Value* none = all_of(e, group, e.b.CreateNot(yes));
  Value* result = every;
  if (e.i.has(Mod::any_)) result = e.b.CreateNot(none);
  if (e.i.has(Mod::uni_)) result = e.b.CreateOr(every, none);
  e.dst(0, result, Type::pred);
}

void lower_activemask(Emit& e) { e.dst(0, spread(e, mask_bits(e, e.active())), Type::b32); }

void lower_elect(Emit& e) {
  if (e.uniform()) e.unsupported("an election done once for the warp");
  Value* group = members(e, 2);
  Value* leader = e.b.CreateIntrinsic(intrinsic::cttz, {group->getType()}, {group, e.b.getFalse()});
  e.dst(0, leader, Type::b32);
  e.dst(1, e.b.CreateICmpEQ(leader, lane_numbers(e)), Type::pred);
}

namespace {

/// args: values, members. The members that have this lane's value.
Value* match_lanes(llvm::IRBuilder<>& b, std::span<Value* const> args) {
  Value* values = args[0];
  llvm::Type* type = args[1]->getType();
  Value* found = num(type, 0);
  for (std::uint64_t lane = 0; lane < kWarpSize; ++lane) {
    Value* other = b.CreateVectorSplat(kWarpSize, b.CreateExtractElement(values, lane));
    Value* bit = b.CreateSelect(b.CreateICmpEQ(values, other), num(type, std::uint64_t{1} << lane),
                                num(type, 0));
    found = b.CreateOr(found, bit);
  }
  return b.CreateAnd(found, args[1]);
}

}  // namespace

void lower_match(Emit& e) {
  const Type type = type_at(e);
  const unsigned first = e.i.operands.size() > 3 ? 2 : 1;
  Value* group = members(e, first + 1);
  Value* value = e.src(first, type);
  Value* same = group;
  if (!e.uniform()) same = call_outlined(e, "match", {value, group}, group->getType(), match_lanes);
  if (e.i.has(Mod::any_)) return e.dst(0, same, Type::b32);
  Value* every = e.b.CreateICmpEQ(same, group);
  e.dst(0, e.b.CreateSelect(every, group, num(group, 0)), Type::b32);
  if (first == 2) e.dst(1, every, Type::pred);
}

namespace {

/// A reduction: how two values combine, and what changes nothing.
struct Reduction {
  Mod mod;
  bool with_sign;
  const char* name;
  std::uint64_t neutral;
  intrinsic::ID whole;  ///< over all elements of a vector
};

constexpr Reduction kReductions[] = {
    {Mod::add_, false, "add", 0, intrinsic::vector_reduce_add},
    {Mod::add_, true, "add", 0, intrinsic::vector_reduce_add},
    {Mod::min_, false, "umin", 0xffffffffu, intrinsic::vector_reduce_umin},
    {Mod::min_, true, "smin", 0x7fffffffu, intrinsic::vector_reduce_smin},
    {Mod::max_, false, "umax", 0, intrinsic::vector_reduce_umax},
    {Mod::max_, true, "smax", 0x80000000u, intrinsic::vector_reduce_smax},
    {Mod::and_, false, "and", 0xffffffffu, intrinsic::vector_reduce_and},
    {Mod::or_, false, "or", 0, intrinsic::vector_reduce_or},
    {Mod::xor_, false, "xor", 0, intrinsic::vector_reduce_xor},
};

Value* combine(llvm::IRBuilder<>& b, intrinsic::ID whole, Value* x, Value* y) {
  switch (whole) {
    case intrinsic::vector_reduce_add:
      return b.CreateAdd(x, y);
    case intrinsic::vector_reduce_and:
      return b.CreateAnd(x, y);
    case intrinsic::vector_reduce_or:
      return b.CreateOr(x, y);
    case intrinsic::vector_reduce_xor:
      return b.CreateXor(x, y);
    case intrinsic::vector_reduce_umin:
      return b.CreateBinaryIntrinsic(intrinsic::umin, x, y);
    case intrinsic::vector_reduce_smin:
      return b.CreateBinaryIntrinsic(intrinsic::smin, x, y);
    case intrinsic::vector_reduce_umax:
      return b.CreateBinaryIntrinsic(intrinsic::umax, x, y);
    default:
      return b.CreateBinaryIntrinsic(intrinsic::smax, x, y);
  }
}

const Reduction& reduction_of(Emit& e, Type type) {
  for (const Reduction& row : kReductions)
    if (e.i.has(row.mod) && row.with_sign == is_signed(type)) return row;
  e.unsupported("this reduction");
}

}  // namespace

void lower_redux(Emit& e) {
  const Type type = type_at(e);
  if (family_of(type) != Family::integer) e.unsupported("redux of floats");
  const Reduction& row = reduction_of(e, type);
  Value* value = as_vector(e, e.src(1, type));
  const auto* mask = constant_int(e.src(2, Type::b32));
  Value* neutral = num(value, row.neutral);
  if (mask != nullptr && mask->isMinusOne()) {
    Value* all = e.b.CreateSelect(e.active(), value, neutral);
    return e.dst(0, spread(e, e.b.CreateIntrinsic(row.whole, {all->getType()}, {all})), type);
  }
  // Lanes may name different groups: every lane goes through all of its own.
  Value* group = as_vector(e, members(e, 2));
  Value* result = call_outlined(
      e, std::string("redux.") + row.name, {value, group}, value->getType(),
      [&](llvm::IRBuilder<>& b, std::span<Value* const> args) {
        Value* sum = num(args[0], row.neutral);
        for (std::uint64_t lane = 0; lane < kWarpSize; ++lane) {
          Value* bit = b.CreateAnd(args[1], num(args[1], std::uint64_t{1} << lane));
          Value* other = b.CreateVectorSplat(kWarpSize, b.CreateExtractElement(args[0], lane));
          Value* with = combine(b, row.whole, sum, other);
          sum = b.CreateSelect(b.CreateICmpNE(bit, num(bit, 0)), with, sum);
        }
        return sum;
      });
  if (!e.uniform()) return e.dst(0, result, type);
  // Done once for the warp: the first running lane speaks for all.
  Value* first =
      e.b.CreateBinaryIntrinsic(intrinsic::cttz, mask_bits(e, e.active()), e.b.getFalse());
  e.dst(0, e.b.CreateExtractElement(result, e.b.CreateAnd(first, num(first, 31))), type);
}

}  // namespace vgpu::jit
