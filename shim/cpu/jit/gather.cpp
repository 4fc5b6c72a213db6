#include "shim/cpu/jit/gather.h"

#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include <algorithm>

#include "shim/cpu/jit/lane_sum.h"
#include "shim/cpu/jit/windows.h"

namespace vgpu::jit {

namespace {

using llvm::Value;

constexpr const char* kOutside = "vgpu.outside";
// Lanes this near to one that may be accessed are in the region or at its empty edges.
constexpr std::int64_t kNear = std::int64_t{1} << 20;

std::vector<std::int64_t> apart(const LaneSum& sum) {
  std::vector<std::int64_t> lanes;
  for (const std::int64_t lane : sum.lanes) lanes.push_back(lane - sum.lanes[0]);
  return lanes;
}

class Improver {
 public:
  Improver(llvm::Function& function, const HostFeatures& features)
      : features_(features), sums_(function), b_(function.getContext()) {
    for (auto& block : function)
      for (auto& inst : block)
        if (auto* const call = llvm::dyn_cast<llvm::CallInst>(&inst)) add(*call);
  }

  void run() {
    // All sums before code changes, which they know by the places of its values.
    for (Access& each : accesses_)
      if (each.addresses != nullptr) each.sum = sums_.of(each.addresses);
    for (llvm::StoreInst* const each : rare_) static_cast<void>(sums_.of(each->getValueOperand()));
    for (llvm::StoreInst* const each : rare_) {
      b_.SetInsertPoint(each);
      each->setOperand(0, sums_.again(b_, each->getValueOperand()));
    }
    for (const Access& each : accesses_) is_test(*each.call) ? test(each) : gather(each);
  }

 private:
  /// A gather, or a test of addresses.
  struct Access {
    llvm::CallInst* call = nullptr;
    Value* addresses = nullptr;  ///< as integers, or nullptr
    Value* mask = nullptr;
    const LaneSum* sum = nullptr;
  };
  struct Ways {
    llvm::Instruction* quick = nullptr;
    llvm::Instruction* careful = nullptr;
  };

  static bool is_test(const llvm::CallInst& call) {
    const llvm::Function* const callee = call.getCalledFunction();
    return callee != nullptr && callee->getName() == kOutside;
  }
  void add(llvm::CallInst& call);
  void gather(const Access& access);
  void test(const Access& access);
  Value* outside(Value* addresses, const Access& access);
  Ways split(const Access& access);
  void replace(const Access& access, const Ways& ways, Value* quick, Value* careful);
  Value* first(const LaneSum& sum);
  void lower(llvm::CallInst& call);

  const HostFeatures& features_;
  LaneSums sums_;
  llvm::IRBuilder<> b_;
  std::vector<Access> accesses_;
  std::vector<llvm::StoreInst*> rare_;  ///< of addresses that are about to be looked at
};

void Improver::add(llvm::CallInst& call) {
  if (is_test(call)) {
    accesses_.push_back({&call, call.getArgOperand(0), call.getArgOperand(1), nullptr});
    for (llvm::User* const user : call.users())
      if (auto* const branch = llvm::dyn_cast<llvm::BranchInst>(user))
        for (llvm::Instruction& inst : *branch->getSuccessor(0))
          if (auto* const store = llvm::dyn_cast<llvm::StoreInst>(&inst)) rare_.push_back(store);
  } else if (call.getIntrinsicID() == llvm::Intrinsic::masked_gather) {
    auto* const pointers = llvm::dyn_cast<llvm::IntToPtrInst>(call.getArgOperand(0));
    Value* const addresses = pointers == nullptr ? nullptr : pointers->getOperand(0);
    accesses_.push_back({&call, addresses, call.getArgOperand(2), nullptr});
  }
}

/// if (the sum holds) { quick } else { careful }
Improver::Ways Improver::split(const Access& access) {
  Ways ways;
  b_.SetInsertPoint(access.call);
  llvm::SplitBlockAndInsertIfThenElse(
      sums_.holds(b_, *access.sum, access.mask), access.call, &ways.quick, &ways.careful,
      llvm::MDBuilder(b_.getContext()).createBranchWeights(2000, 1));
  return ways;
}

/// The call's result is what either way gives.
void Improver::replace(const Access& access, const Ways& ways, Value* quick, Value* careful) {
  llvm::BasicBlock* const join = ways.quick->getSuccessor(0);
  b_.SetInsertPoint(join, join->begin());
  llvm::PHINode* const result = b_.CreatePHI(access.call->getType(), 2);
  access.call->replaceAllUsesWith(result);
  result->addIncoming(quick, ways.quick->getParent());
  result->addIncoming(careful, ways.careful->getParent());
}

/// The first lane's address.
Value* Improver::first(const LaneSum& sum) {
  Value* const lane = b_.getInt64(static_cast<std::uint64_t>(sum.lanes[0]));
  return sum.scalar == nullptr ? lane : b_.CreateAdd(sum.scalar, lane);
}

void Improver::gather(const Access& access) {
  std::optional<Windows> windows;
  const unsigned size = access.call->getType()->getScalarSizeInBits() / 8;
  if (access.sum != nullptr) windows = make_windows(apart(*access.sum), size, features_);
  if (windows) {
    const Ways ways = split(access);
    b_.SetInsertPoint(ways.quick);
    Value* const loaded = load_windows(b_, *windows, first(*access.sum), access.call->getType());
    replace(access, ways, loaded, access.call);
    access.call->moveBefore(ways.careful);
    b_.SetInsertPoint(access.call);
    Value* const addresses = sums_.again(b_, access.addresses);
    access.call->setArgOperand(
        0, b_.CreateIntToPtr(addresses, access.call->getArgOperand(0)->getType()));
  }
  lower(*access.call);
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
  b_.SetInsertPoint(access.call);
  if (access.sum != nullptr && std::ranges::all_of(apart(*access.sum), is_near)) {
    const Ways ways = split(access);
    b_.SetInsertPoint(ways.quick);
    Value* const quick = outside(first(*access.sum), access);
    b_.SetInsertPoint(ways.careful);
    Value* const careful = outside(sums_.again(b_, access.addresses), access);
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

}  // namespace

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
