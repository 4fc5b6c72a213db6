#include <llvm/IR/IntrinsicInst.h>

#include <numeric>

#include "shim/cpu/jit/improver.h"
#include "shim/cpu/jit/pieces.h"

namespace vgpu::jit {

using llvm::Value;

Value* Improver::group(Value* vector, std::size_t from, std::size_t width) {
  std::vector<int> picks(width);
  std::iota(picks.begin(), picks.end(), static_cast<int>(from));
  return b_.CreateShuffleVector(vector, picks);
}

/// Numbers of lanes at known distances are stored in as few pieces as there are. Those of a size
/// that processors scatter are left to them, unless they lie side by side.
void Improver::scatter(const Access& access) {
  Value* const values = access.call->getArgOperand(0);
  const unsigned size = values->getType()->getScalarSizeInBits() / 8;
  const auto pieces =
      of_groups<Pieces>(access.sum, [&](const auto& lanes, std::size_t, std::size_t) {
        std::optional<Pieces> made = make_pieces(lanes, size);
        if (made && size >= 4 && made->runs.size() * 4 > lanes.size()) made.reset();
        return made;
      });
  if (!pieces.empty()) {
    const Ways ways = split(access);
    b_.SetInsertPoint(ways.quick);
    const std::size_t width = access.sum->lanes.size() / pieces.size();
    for (std::size_t n = 0; n < pieces.size(); ++n)
      store_pieces(b_, pieces[n], first(*access.sum, n, pieces.size()),
                   group(values, n * width, width));
    if (ways.careful == nullptr) {
      access.call->eraseFromParent();
      return;
    }
    access.call->moveBefore(ways.careful);
    address_again(access, 1);
  }
  lower_scatter(*access.call);
}

/// Bytes and halves are stored lane by lane.
void Improver::lower_scatter(llvm::CallInst& call) {
  Value* const values = call.getArgOperand(0);
  if (values->getType()->getScalarSizeInBits() >= 32) return;
  b_.SetInsertPoint(&call);
  const auto count = llvm::cast<llvm::FixedVectorType>(values->getType())->getNumElements();
  llvm::Type* const longs = llvm::FixedVectorType::get(b_.getInt64Ty(), count);
  llvm::AllocaInst* const where = memory(longs);
  llvm::AllocaInst* const what = memory(values->getType());
  b_.CreateStore(b_.CreatePtrToInt(call.getArgOperand(1), longs), where);
  b_.CreateStore(values, what);
  llvm::Type* const bits = b_.getIntNTy(count);
  Value* const none = llvm::ConstantInt::get(bits, 0);
  Value* const all = b_.CreateBitCast(call.getArgOperand(3), bits);
  llvm::BasicBlock* const before = call.getParent();
  llvm::BasicBlock* const after = before->splitBasicBlock(&call);
  before->getTerminator()->eraseFromParent();
  llvm::BasicBlock* const lane =
      llvm::BasicBlock::Create(b_.getContext(), "lane", before->getParent(), after);
  b_.SetInsertPoint(before);
  b_.CreateCondBr(b_.CreateICmpNE(all, none), lane, after);
  b_.SetInsertPoint(lane);
  llvm::PHINode* const left = b_.CreatePHI(bits, 2);
  Value* const index = b_.CreateZExt(
      b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, left, b_.getTrue()), b_.getInt64Ty());
  Value* const at = b_.CreateLoad(b_.getInt64Ty(), b_.CreateGEP(b_.getInt64Ty(), where, index));
  llvm::Type* const element = values->getType()->getScalarType();
  Value* const value = b_.CreateLoad(element, b_.CreateGEP(element, what, index));
  b_.CreateAlignedStore(value, b_.CreateIntToPtr(at, b_.getPtrTy()), llvm::Align(1));
  Value* const rest = b_.CreateAnd(left, b_.CreateSub(left, llvm::ConstantInt::get(bits, 1)));
  left->addIncoming(all, before);
  left->addIncoming(rest, lane);
  b_.CreateCondBr(b_.CreateICmpNE(rest, none), lane, after);
  call.eraseFromParent();
}

llvm::AllocaInst* Improver::memory(llvm::Type* type) {
  llvm::AllocaInst*& made = memory_[type];
  if (made == nullptr) {
    llvm::BasicBlock& entry = function_.getEntryBlock();
    llvm::IRBuilder<> at(&entry, entry.begin());
    made = at.CreateAlloca(type, nullptr, "lanes");
    made->setAlignment(llvm::Align(64));
  }
  return made;
}

}  // namespace vgpu::jit
