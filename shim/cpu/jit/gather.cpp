#include "shim/cpu/jit/gather.h"

#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/PatternMatch.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "shim/cpu/jit/lane_pattern.h"
#include "shim/cpu/jit/windows.h"

namespace vgpu::jit {

namespace {

using llvm::Value;

/// One gather, in the parts that matter.
struct Gather {
  llvm::IntrinsicInst* call = nullptr;
  Value* addresses = nullptr;  ///< as integers, or nullptr
  Value* root = nullptr;       ///< the addresses without the constants added to all of them
  std::int64_t added = 0;      ///< those constants
  Value* mask() const { return call->getArgOperand(2); }
};

Gather parts_of(llvm::IntrinsicInst& call) {
  Gather gather{&call, nullptr, nullptr, 0};
  auto* const pointers = llvm::dyn_cast<llvm::IntToPtrInst>(call.getArgOperand(0));
  if (pointers == nullptr) return gather;
  gather.addresses = gather.root = pointers->getOperand(0);
  Value* inner = nullptr;
  const llvm::APInt* more = nullptr;
  using namespace llvm::PatternMatch;  // NOLINT(google-build-using-namespace): a language of its
                                       // own
  while (match(gather.root, m_Add(m_Value(inner), m_APInt(more)))) {
    gather.root = inner;
    gather.added += more->getSExtValue();
  }
  return gather;
}

class Improver {
 public:
  Improver(llvm::Function& function, const HostFeatures& features)
      : features_(features), tree_(function), b_(function.getContext()) {
    for (auto& block : function)
      for (auto& inst : block)
        if (auto* const call = llvm::dyn_cast<llvm::IntrinsicInst>(&inst))
          if (call->getIntrinsicID() == llvm::Intrinsic::masked_gather)
            gathers_.push_back(parts_of(*call));
  }

  void run() {
    struct Planned {
      Gather gather;
      std::optional<Windows> windows;
      Test test;
    };
    std::vector<Planned> plans;
    // All tests first: they go by the dominators, which a new block changes.
    for (const Gather& gather : gathers_) {
      Planned plan{gather, plan_for(gather), {}};
      if (plan.windows) plan.test = test_for(gather);
      plans.push_back(std::move(plan));
    }
    for (Planned& plan : plans) {
      if (plan.windows) split(plan.gather, *plan.windows, plan.test);
      lower(*plan.gather.call);
    }
  }

 private:
  /// Whether a guess holds for all 32 lanes, and the first lane's address if so.
  struct Test {
    Value* holds = nullptr;
    Value* first = nullptr;  ///< of the root
  };

  std::optional<Windows> plan_for(const Gather& gather);
  Test test_for(const Gather& gather);
  llvm::Instruction* after(Value* a, Value* b);
  void split(const Gather& gather, const Windows& windows, const Test& test);
  void lower(llvm::IntrinsicInst& call);

  const HostFeatures& features_;
  llvm::DominatorTree tree_;
  llvm::IRBuilder<> b_;
  PatternGuess guess_;
  std::vector<Gather> gathers_;
  std::map<std::pair<Value*, Value*>, Test> tests_;
};

std::optional<Windows> Improver::plan_for(const Gather& gather) {
  if (gather.root == nullptr || !llvm::isa<llvm::Instruction>(gather.root)) return std::nullopt;
  const auto guess = guess_.of(gather.root);
  if (!guess) return std::nullopt;
  const unsigned size = gather.call->getType()->getScalarSizeInBits() / 8;
  return make_windows(guess->lanes, size, features_);
}

/// Where both values are known, as early as possible.
llvm::Instruction* Improver::after(Value* a, Value* b) {
  auto* late = llvm::cast<llvm::Instruction>(a);
  if (auto* const other = llvm::dyn_cast<llvm::Instruction>(b))
    if (tree_.dominates(late, other)) late = other;
  return &*late->getInsertionPointAfterDef().value();
}

Improver::Test Improver::test_for(const Gather& gather) {
  Test& test = tests_[{gather.root, gather.mask()}];
  if (test.holds != nullptr) return test;
  const auto guess = guess_.of(gather.root);
  b_.SetInsertPoint(after(gather.root, gather.mask()));
  test.first = b_.CreateExtractElement(gather.root, std::uint64_t{0});
  std::vector<llvm::Constant*> apart;
  for (const std::int64_t lane : guess->lanes)
    apart.push_back(b_.getInt64(static_cast<std::uint64_t>(lane - guess->lanes[0])));
  const auto count = static_cast<unsigned>(apart.size());
  Value* const wanted =
      b_.CreateAdd(b_.CreateVectorSplat(count, test.first), llvm::ConstantVector::get(apart));
  Value* const same = b_.CreateAnd(b_.CreateICmpEQ(gather.root, wanted), gather.mask());
  test.holds = b_.CreateICmpEQ(b_.CreateBitCast(same, b_.getIntNTy(count)),
                               llvm::ConstantInt::getAllOnesValue(b_.getIntNTy(count)));
  return test;
}

/// if (test) { windows } else { the gather }
void Improver::split(const Gather& gather, const Windows& windows, const Test& test) {
  llvm::Instruction* quick = nullptr;
  llvm::Instruction* careful = nullptr;
  llvm::IntrinsicInst* const call = gather.call;
  llvm::SplitBlockAndInsertIfThenElse(
      test.holds, call, &quick, &careful,
      llvm::MDBuilder(call->getContext()).createBranchWeights(2000, 1));
  llvm::BasicBlock* const join = call->getParent();
  b_.SetInsertPoint(quick);
  Value* const first =
      b_.CreateAdd(test.first, b_.getInt64(static_cast<std::uint64_t>(gather.added)));
  Value* const loaded = load_windows(b_, windows, first, call->getType());
  b_.SetInsertPoint(join, join->begin());
  llvm::PHINode* const result = b_.CreatePHI(call->getType(), 2);
  call->replaceAllUsesWith(result);
  call->moveBefore(careful);
  result->addIncoming(loaded, quick->getParent());
  result->addIncoming(call, careful->getParent());
}

/// Bytes and halves are picked out of the aligned words that hold them, which no page boundary
/// cuts.
void Improver::lower(llvm::IntrinsicInst& call) {
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

void improve_gathers(llvm::Function& function, const HostFeatures& features) {
  Improver(function, features).run();
}

}  // namespace vgpu::jit
