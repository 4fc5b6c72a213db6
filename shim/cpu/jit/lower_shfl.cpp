// shfl: a value from another lane. Source: PTX ISA, shfl.
#include <llvm/IR/Constants.h>
#include <llvm/IR/IntrinsicsX86.h>

#include <array>

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

/// Where each lane reads from, and whether that was in range.
struct Source {
  Value* lane;
  Value* valid;
};

/// `offset` and `clamp` are the operands b and c. On constants the builder folds it all.
Source source_lane(Emit& e, Value* offset, Value* clamp) {
  Value* lane = lane_numbers(e);
  const auto five_bits = [&](Value* value) { return e.b.CreateAnd(value, num(value, 31)); };
  Value* segment = five_bits(e.b.CreateLShr(clamp, num(clamp, 8)));
  Value* below = e.b.CreateNot(segment);
  Value* first = e.b.CreateAnd(lane, segment);
  Value* limit = e.b.CreateOr(first, e.b.CreateAnd(five_bits(clamp), below));
  Value* step = five_bits(offset);
  Value* from = nullptr;
  Value* valid = nullptr;
  if (e.i.has(Mod::up_)) {
    from = e.b.CreateSub(lane, step);
    valid = e.b.CreateICmpSGE(from, limit);
  } else {
    if (e.i.has(Mod::down_))
      from = e.b.CreateAdd(lane, step);
    else if (e.i.has(Mod::bfly_))
      from = e.b.CreateXor(lane, step);
    else
      from = e.b.CreateOr(first, e.b.CreateAnd(step, below));
    valid = e.b.CreateICmpSLE(from, limit);
  }
  return {e.b.CreateSelect(valid, from, lane), valid};
}

/// By way of memory, one lane after the other.
Value* permute_slowly(llvm::IRBuilder<>& b, std::span<Value* const> args) {
  Value* table = b.CreateAlloca(args[0]->getType());
  b.CreateStore(args[0], table);
  Value* result = args[0];
  for (std::uint64_t lane = 0; lane < kWarpSize; ++lane) {
    Value* from = b.CreateExtractElement(args[1], lane);
    Value* element =
        b.CreateLoad(b.getInt32Ty(), b.CreateInBoundsGEP(b.getInt32Ty(), table, {from}));
    result = b.CreateInsertElement(result, element, lane);
  }
  return result;
}

Value* permute(Emit& e, Value* value, Value* lanes) {
  if (const auto* known = llvm::dyn_cast<llvm::Constant>(lanes)) {
    llvm::SmallVector<int, kWarpSize> picks;
    for (unsigned lane = 0; lane < kWarpSize; ++lane) {
      const auto* element =
          llvm::dyn_cast_or_null<llvm::ConstantInt>(known->getAggregateElement(lane));
      picks.push_back(element == nullptr ? 0 : static_cast<int>(element->getZExtValue()));
    }
    return e.b.CreateShuffleVector(value, picks);
  }
  if (!e.features().avx512f)
    return call_outlined(e, "permute", {value, lanes}, value->getType(), permute_slowly);
  llvm::SmallVector<int, 16> low;
  llvm::SmallVector<int, 16> high;
  for (int n = 0; n < 16; ++n) {
    low.push_back(n);
    high.push_back(n + 16);
  }
  Value* lower = e.b.CreateShuffleVector(value, low);
  Value* upper = e.b.CreateShuffleVector(value, high);
  return by_pieces(e.b, 512, {lanes}, [&](llvm::ArrayRef<Value*> parts) {
    return e.b.CreateIntrinsic(intrinsic::x86_avx512_vpermi2var_d_512, {},
                               {lower, parts[0], upper});
  });
}

}  // namespace

void lower_shfl(Emit& e) {
  const unsigned sources = e.i.has(Mod::sync_) ? 4 : 3;
  const auto count = static_cast<unsigned>(e.i.operands.size());
  if (count <= sources) e.unsupported("too few operands");
  const unsigned first = count - sources;
  Value* value = e.src(first, Type::b32);
  // Every lane that runs it has the same value.
  if (e.uniform() && first == 1) return e.dst(0, value, Type::b32);
  if (e.uniform()) e.unsupported("a predicate of a shuffle done once for the warp");
  const Source source = source_lane(e, e.src(first + 1, Type::b32), e.src(first + 2, Type::b32));
  // The ISA leaves open what a lane that does not take part gives. Real GPUs give 0, and the last
  // steps of common reductions (`if (tid < 8) v += shfl.down(...)`) are only right because of it.
  value = e.b.CreateSelect(e.active(), value, num(value, 0));
  Value* result = permute(e, value, source.lane);
  e.dst(0, result, Type::b32);
  if (first == 2) e.dst(1, source.valid, Type::pred);
}

}  // namespace vgpu::jit
