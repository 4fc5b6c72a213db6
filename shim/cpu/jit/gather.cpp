#include "shim/cpu/jit/gather.h"

#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include <algorithm>

#include "shim/cpu/jit/improver.h"

namespace vgpu::jit {

namespace {

using llvm::Value;

constexpr const char* kOutside = "vgpu.outside";
constexpr unsigned kPhaseBits = 6;  // of addresses, of which more is of no use
// Lanes this near to one that may be accessed are in the region or at its empty edges.
constexpr std::int64_t kNear = std::int64_t{1} << 20;

bool is_test(const llvm::CallInst& call) {
  const llvm::Function* const callee = call.getCalledFunction();
  return callee != nullptr && callee->getName() == kOutside;
}

}  // namespace

/// One of so many groups of a sum's lanes, from its first one on.
std::vector<std::int64_t> apart(const LaneSum& sum, std::size_t group, std::size_t groups) {
  const std::size_t width = sum.lanes.size() / groups;
  std::vector<std::int64_t> lanes;
  for (std::size_t n = group * width; n < (group + 1) * width; ++n)
    lanes.push_back(sum.lanes[n] - sum.lanes[group * width]);
  return lanes;
}

Improver::Improver(llvm::Function& function, const HostFeatures& features)
    : features_(features), function_(function), sums_(function), b_(function.getContext()) {
  for (auto& block : function)
    for (auto& inst : block)
      if (auto* const call = llvm::dyn_cast<llvm::CallInst>(&inst)) add(*call);
}

void Improver::run() {
  // All sums before code changes, which they know by the places of its values.
  for (Access& each : accesses_)
    if (each.addresses != nullptr) each.sum = sums_.of(each.addresses);
  for (llvm::StoreInst* const each : rare_) static_cast<void>(sums_.of(each->getValueOperand()));
  for (llvm::StoreInst* const each : rare_) {
    b_.SetInsertPoint(each);
    each->setOperand(0, sums_.again(b_, each->getValueOperand()));
  }
  for (const Access& each : accesses_) {
    if (is_test(*each.call))
      test(each);
    else if (each.call->getIntrinsicID() == llvm::Intrinsic::masked_scatter)
      scatter(each);
    else
      gather(each);
  }
}

void Improver::add(llvm::CallInst& call) {
  if (is_test(call)) {
    accesses_.push_back({&call, call.getArgOperand(0), call.getArgOperand(1), nullptr});
    for (llvm::User* const user : call.users())
      if (auto* const branch = llvm::dyn_cast<llvm::BranchInst>(user))
        for (llvm::Instruction& inst : *branch->getSuccessor(0))
          if (auto* const store = llvm::dyn_cast<llvm::StoreInst>(&inst)) rare_.push_back(store);
  } else if (call.getIntrinsicID() == llvm::Intrinsic::masked_gather ||
             call.getIntrinsicID() == llvm::Intrinsic::masked_scatter) {
    const unsigned where = call.getIntrinsicID() == llvm::Intrinsic::masked_gather ? 0 : 1;
    auto* const pointers = llvm::dyn_cast<llvm::IntToPtrInst>(call.getArgOperand(where));
    Value* const addresses = pointers == nullptr ? nullptr : pointers->getOperand(0);
    accesses_.push_back({&call, addresses, call.getArgOperand(where + 2), nullptr});
  }
}

/// if (the sum holds) { quick } else { careful }. A sum that always holds has no careful way.
Improver::Ways Improver::split(const Access& access) {
  Ways ways;
  b_.SetInsertPoint(access.call);
  Value* const holds = sums_.holds(b_, *access.sum, access.mask);
  if (const auto* const always = llvm::dyn_cast<llvm::ConstantInt>(holds);
      always != nullptr && always->isOne()) {
    ways.quick = access.call;
    return ways;
  }
  llvm::SplitBlockAndInsertIfThenElse(
      holds, access.call, &ways.quick, &ways.careful,
      llvm::MDBuilder(b_.getContext()).createBranchWeights(2000, 1));
  return ways;
}

/// The call's result is what either way gives.
void Improver::replace(const Access& access, const Ways& ways, Value* quick, Value* careful) {
  if (ways.careful == nullptr) return access.call->replaceAllUsesWith(quick);
  llvm::BasicBlock* const join = ways.quick->getSuccessor(0);
  b_.SetInsertPoint(join, join->begin());
  llvm::PHINode* const result = b_.CreatePHI(access.call->getType(), 2);
  access.call->replaceAllUsesWith(result);
  result->addIncoming(quick, ways.quick->getParent());
  result->addIncoming(careful, ways.careful->getParent());
}

/// The address of the first lane of one of so many groups.
Value* Improver::first(const LaneSum& sum, std::size_t group, std::size_t groups) {
  const std::int64_t at = sum.lanes[group * sum.lanes.size() / groups];
  Value* const lane = b_.getInt64(static_cast<std::uint64_t>(at));
  return sum.is_constant() ? lane : b_.CreateAdd(sum.scalars[group * sum.groups() / groups], lane);
}

Phase Improver::phase(Value* address) const {
  const llvm::KnownBits known = llvm::computeKnownBits(address, function_.getDataLayout());
  const unsigned bits = std::min((known.Zero | known.One).countr_one(), kPhaseBits);
  const std::int64_t of = std::int64_t{1} << bits;
  return {of, static_cast<std::int64_t>(known.One.getZExtValue()) & (of - 1)};
}

/// The careful way computes its addresses by itself.
void Improver::address_again(const Access& access, unsigned argument) {
  b_.SetInsertPoint(access.call);
  Value* const addresses = sums_.again(b_, access.addresses);
  access.call->setArgOperand(
      argument, b_.CreateIntToPtr(addresses, access.call->getArgOperand(argument)->getType()));
}

void Improver::gather(const Access& access) {
  const unsigned size = access.call->getType()->getScalarSizeInBits() / 8;
  b_.SetInsertPoint(access.call);
  const auto windows =
      of_groups<Windows>(access.sum, [&](const auto& lanes, std::size_t n, std::size_t groups) {
        return make_windows(lanes, size, features_, phase(first(*access.sum, n, groups)));
      });
  if (!windows.empty()) {
    const Ways ways = split(access);
    b_.SetInsertPoint(ways.quick);
    std::vector<Value*> parts;
    auto* const part_type = llvm::FixedVectorType::get(
        access.call->getType()->getScalarType(),
        static_cast<unsigned>(access.sum->lanes.size() / windows.size()));
    for (std::size_t n = 0; n < windows.size(); ++n) {
      Value* const at = first(*access.sum, n, windows.size());
      parts.push_back(load_windows(b_, windows[n], at, part_type));
      if (access.call->hasMetadata(kAhead)) ahead(at, windows[n]);
    }
    replace(access, ways, joined(b_, std::move(parts)), access.call);
    if (ways.careful == nullptr) {
      access.call->eraseFromParent();
      return;
    }
    access.call->moveBefore(ways.careful);
    address_again(access, 0);
  }
  lower(*access.call);
}

/// Fetches what a loop will probably load when it has gone a few times further through memory.
void Improver::ahead(Value* address, const Windows& windows) {
  constexpr std::uint64_t kFurther = 128;
  constexpr std::uint32_t kRead = 0, kIntoL2 = 2, kData = 1;
  Value* const at =
      b_.CreateAdd(address, b_.getInt64(static_cast<std::uint64_t>(windows.end) + kFurther));
  b_.CreateIntrinsic(b_.getVoidTy(), llvm::Intrinsic::prefetch,
                     {b_.CreateIntToPtr(at, b_.getPtrTy()), b_.getInt32(kRead),
                      b_.getInt32(kIntoL2), b_.getInt32(kData)});
}

/// Whether the address, or a lane of the addresses, has other high bits than the region, or low
/// ones.
Value* Improver::outside(Value* addresses, const Access& access) {
  const auto constant = [&](unsigned argument) {
    const auto* const given = llvm::cast<llvm::ConstantInt>(access.call->getArgOperand(argument));
    return llvm::ConstantInt::get(addresses->getType(), given->getZExtValue());
  };
  Value* const odd = b_.CreateICmpNE(b_.CreateAnd(addresses, constant(3)), constant(2));
  if (!odd->getType()->isVectorTy()) return odd;
  Value* const lanes = b_.CreateAnd(odd, access.mask);
  const unsigned count = llvm::cast<llvm::FixedVectorType>(lanes->getType())->getNumElements();
  llvm::Type* const bits = b_.getIntNTy(count);
  return b_.CreateICmpNE(b_.CreateBitCast(lanes, bits), llvm::ConstantInt::get(bits, 0));
}

void Improver::test(const Access& access) {
  const auto kept = llvm::cast<llvm::ConstantInt>(access.call->getArgOperand(3))->getValue();
  const std::int64_t align = std::int64_t{1} << kept.countr_one();
  const auto is_near = [&](std::int64_t lane) {
    return lane % align == 0 && lane > -kNear && lane < kNear;
  };
  bool near = access.sum != nullptr;
  for (std::size_t n = 0; near && n < access.sum->groups(); ++n)
    near = std::ranges::all_of(apart(*access.sum, n, access.sum->groups()), is_near);
  b_.SetInsertPoint(access.call);
  if (near) {
    const Ways ways = split(access);
    b_.SetInsertPoint(ways.quick);
    const std::size_t groups = access.sum->groups();
    Value* quick = outside(first(*access.sum, 0, groups), access);
    for (std::size_t n = 1; n < groups; ++n)
      quick = b_.CreateOr(quick, outside(first(*access.sum, n, groups), access));
    if (ways.careful != nullptr) b_.SetInsertPoint(ways.careful);
    Value* const careful =
        ways.careful == nullptr ? quick : outside(sums_.again(b_, access.addresses), access);
    replace(access, ways, quick, careful);
  } else {
    access.call->replaceAllUsesWith(outside(access.addresses, access));
  }
  access.call->eraseFromParent();
}

/// Bytes and halves are picked out of the aligned words that hold them, which no page boundary
/// cuts.
void Improver::lower(llvm::CallInst& call) {
  auto* const type = llvm::cast<llvm::FixedVectorType>(call.getType());
  if (type->getScalarSizeInBits() >= 32) return;
  b_.SetInsertPoint(&call);
  const auto count = type->getNumElements();
  auto* const words = llvm::FixedVectorType::get(b_.getInt32Ty(), count);
  auto* const longs = llvm::FixedVectorType::get(b_.getInt64Ty(), count);
  const auto number = [&](llvm::Type* of, std::uint64_t value) {
    return llvm::ConstantInt::get(of, value);
  };
  Value* const at = b_.CreatePtrToInt(call.getArgOperand(0), longs);
  Value* const aligned = b_.CreateAnd(at, number(longs, ~std::uint64_t{3}));
  Value* const loaded = b_.CreateMaskedGather(
      words, b_.CreateIntToPtr(aligned, call.getArgOperand(0)->getType()), llvm::Align(4),
      call.getArgOperand(2), llvm::Constant::getNullValue(words));
  Value* const offset = b_.CreateTrunc(b_.CreateAnd(at, number(longs, 3)), words);
  Value* const shifted = b_.CreateLShr(loaded, b_.CreateShl(offset, number(words, 3)));
  call.replaceAllUsesWith(b_.CreateTrunc(shifted, type));
  call.eraseFromParent();
}

Value* mark_outside(llvm::IRBuilder<>& b, llvm::Module& module, Value* addresses, Value* mask,
                    std::uint64_t base, std::uint64_t kept) {
  llvm::FunctionCallee callee =
      module.getOrInsertFunction(kOutside, b.getInt1Ty(), addresses->getType(), mask->getType(),
                                 b.getInt64Ty(), b.getInt64Ty());
  auto* const function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setDoesNotAccessMemory();
  function->setDoesNotThrow();
  function->setWillReturn();
  return b.CreateCall(callee, {addresses, mask, b.getInt64(base & kept), b.getInt64(kept)});
}

void improve_gathers(llvm::Function& function, const HostFeatures& features) {
  Improver(function, features).run();
}

}  // namespace vgpu::jit
