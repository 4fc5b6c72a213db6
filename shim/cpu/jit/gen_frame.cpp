#include <llvm/IR/Constants.h>

#include <cstddef>

#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using llvm::BasicBlock;
using llvm::Type;
using llvm::Value;

namespace {

constexpr unsigned kLanes = kWarpSize;

}  // namespace

Generator::Generator(llvm::Module& module, const Code& code, const Analysis& analysis, Form form,
                     const Callees& callees)
    : module_(module),
      context_(module.getContext()),
      b_(module.getContext()),
      code_(code),
      analysis_(analysis),
      schedule_(code, analysis),
      form_(form),
      callees_(callees),
      slots_(code.webs.size()),
      pending_(code.blocks.size(), nullptr) {}

llvm::FunctionType* Generator::type_of(llvm::LLVMContext& context, Form form) {
  Type* const ptr = llvm::PointerType::getUnqual(context);
  Type* const i64 = Type::getInt64Ty(context);
  Type* const i32 = Type::getInt32Ty(context);
  if (form == Form::flat)
    return llvm::FunctionType::get(Type::getVoidTy(context), {ptr, i64, i64}, false);
  if (form == Form::function) return llvm::FunctionType::get(i32, {ptr, i32, i32, i64, i64}, false);
  return llvm::FunctionType::get(i64, {ptr, i32, ptr}, false);
}

void Generator::run(llvm::Function& function) {
  function_ = &function;
  entry_ = BasicBlock::Create(context_, "entry", function_);
  warp_start_ = BasicBlock::Create(context_, "warp", function_);
  warp_end_ = BasicBlock::Create(context_, "warp_end", function_);
  for (std::size_t n = 0; n < code_.blocks.size(); ++n)
    blocks_.push_back(BasicBlock::Create(context_, "b" + llvm::Twine(n), function_));
  prologue();
  start_warp();
  for (std::uint32_t n = 0; n < code_.blocks.size(); ++n) block(n);
  zero_slots();
}

Value* Generator::context_field(Value* from, std::size_t offset, Type* type, bool invariant) {
  Value* const at = b_.CreateConstInBoundsGEP1_64(b_.getInt8Ty(), from, offset);
  llvm::LoadInst* const load = b_.CreateLoad(type, at);
  if (invariant)
    load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(context_, {}));
  return load;
}

llvm::AllocaInst* Generator::variable(Type* type, const llvm::Twine& name) {
  llvm::IRBuilder<> at(entry_, entry_->begin());
  llvm::AllocaInst* const made = at.CreateAlloca(type, nullptr, name);
  variables_.push_back(made);
  return made;
}

/// Loads the context and makes the way to warp_start_ and from warp_end_.
void Generator::prologue() {
  b_.SetInsertPoint(entry_);
  Type* const ptr = b_.getPtrTy();
  state_ = function_->getArg(0);
  grid_ = context_field(state_, offsetof(exec::BlockState, grid), ptr, true);
  params_ = context_field(grid_, offsetof(exec::Grid, params), ptr, true);
  shared_ = context_field(state_, offsetof(exec::BlockState, shared), ptr, true);
  llvm::cast<llvm::LoadInst>(shared_)->setMetadata(
      llvm::LLVMContext::MD_align,
      llvm::MDNode::get(context_,
                        {llvm::ConstantAsMetadata::get(b_.getInt64(exec::kSharedAlign))}));
  for (unsigned n = 0; n < 3; ++n) ctaid_[n] = variable(b_.getInt32Ty(), "ctaid");
  if (form_ == Form::flat) return flat_loops();
  for (unsigned n = 0; n < 3; ++n)
    b_.CreateStore(
        context_field(state_, offsetof(exec::BlockState, ctaid) + 4 * n, b_.getInt32Ty(), false),
        ctaid_[n]);
  warp_ = function_->getArg(1);
  if (form_ == Form::function) {
    args_ = function_->getArg(3);
    stride_ = function_->getArg(4);
  } else {
    frame_ = function_->getArg(2);
  }
  b_.CreateBr(warp_start_);
  b_.SetInsertPoint(warp_end_);
  if (form_ != Form::function) b_.CreateRet(b_.getInt64(0));
}

/// for (block = begin; block != end; ++block) for (warp = 0; warp != warps; ++warp)
void Generator::flat_loops() {
  llvm::AllocaInst* const index = variable(b_.getInt64Ty(), "index");
  warp_variable_ = variable(b_.getInt32Ty(), "warp_index");
  variables_.clear();  // these are not the warp's
  Value* const begin = function_->getArg(1);
  Value* const end = function_->getArg(2);
  Value* extent[3];
  for (unsigned n = 0; n < 3; ++n)
    extent[n] = context_field(grid_, offsetof(exec::Grid, grid) + 4 * n, b_.getInt32Ty(), true);
  Value* const warps = context_field(grid_, offsetof(exec::Grid, warps), b_.getInt32Ty(), true);
  b_.CreateStore(begin, index);
  Value* rest = begin;
  for (unsigned n = 0; n < 3; ++n) {
    Value* const size = b_.CreateZExt(extent[n], b_.getInt64Ty());
    b_.CreateStore(b_.CreateTrunc(n < 2 ? b_.CreateURem(rest, size) : rest, b_.getInt32Ty()),
                   ctaid_[n]);
    if (n < 2) rest = b_.CreateUDiv(rest, size);
  }
  BasicBlock* const grid_block = BasicBlock::Create(context_, "block", function_, warp_start_);
  b_.CreateBr(grid_block);
  b_.SetInsertPoint(grid_block);
  b_.CreateStore(b_.getInt32(0), warp_variable_);
  for (unsigned n = 0; n < 3; ++n)
    b_.CreateStore(b_.CreateLoad(b_.getInt32Ty(), ctaid_[n]),
                   b_.CreateConstInBoundsGEP1_64(b_.getInt8Ty(), state_,
                                                 offsetof(exec::BlockState, ctaid) + 4 * n));
  b_.CreateBr(warp_start_);

  b_.SetInsertPoint(warp_end_);
  BasicBlock* const next = BasicBlock::Create(context_, "next_block", function_);
  BasicBlock* const done = BasicBlock::Create(context_, "done", function_);
  Value* const warp = b_.CreateAdd(b_.CreateLoad(b_.getInt32Ty(), warp_variable_), b_.getInt32(1));
  b_.CreateStore(warp, warp_variable_);
  b_.CreateCondBr(b_.CreateICmpNE(warp, warps), warp_start_, next);
  b_.SetInsertPoint(next);
  // Counts x, then y, then z, like an odometer.
  Value* carry = b_.getInt32(1);
  for (unsigned n = 0; n < 3; ++n) {
    Value* const up = b_.CreateAdd(b_.CreateLoad(b_.getInt32Ty(), ctaid_[n]), carry);
    Value* const wraps = b_.CreateICmpEQ(up, extent[n]);
    b_.CreateStore(b_.CreateSelect(wraps, b_.getInt32(0), up), ctaid_[n]);
    carry = b_.CreateZExt(wraps, b_.getInt32Ty());
  }
  Value* const following = b_.CreateAdd(b_.CreateLoad(b_.getInt64Ty(), index), b_.getInt64(1));
  b_.CreateStore(following, index);
  b_.CreateCondBr(b_.CreateICmpNE(following, end), grid_block, done);
  b_.SetInsertPoint(done);
  b_.CreateRetVoid();
}

/// Computes what belongs to the warp and enters its first block, or where it left off.
void Generator::start_warp() {
  b_.SetInsertPoint(warp_start_);
  if (form_ == Form::flat) warp_ = b_.CreateLoad(b_.getInt32Ty(), warp_variable_);
  const std::uint64_t bytes = code_.local_bytes;
  local_ = b_.getInt64(0);
  if (bytes != 0 && form_ == Form::function) {
    llvm::IRBuilder<> at(entry_, entry_->begin());
    auto* const memory = at.CreateAlloca(llvm::ArrayType::get(b_.getInt8Ty(), bytes * kLanes));
    memory->setAlignment(llvm::Align(64));
    local_ = b_.CreatePtrToInt(memory, b_.getInt64Ty());
  } else if (bytes != 0) {
    Value* const all =
        context_field(state_, offsetof(exec::BlockState, local), b_.getInt64Ty(), true);
    local_ = b_.CreateAdd(
        all, b_.CreateMul(b_.CreateZExt(warp_, b_.getInt64Ty()), b_.getInt64(bytes * kLanes)));
  }
  full_mask_ = entry_mask();
  if (analysis_.partial[0]) b_.CreateStore(full_mask_, pending(0));
  if (form_ == Form::function) {
    returned_.push_back(variable(full_mask_->getType(), "returned"));
    llvm::IRBuilder<> at(warp_end_);
    Value* const lanes = at.CreateLoad(full_mask_->getType(), returned_[0]);
    at.CreateRet(at.CreateBitCast(lanes, at.getInt32Ty()));
  }
  if (form_ != Form::resumable) {
    b_.CreateBr(blocks_[0]);
    return;
  }
  Value* const where = b_.CreateLoad(b_.getInt32Ty(), frame_);
  frame_bytes_ = exec::kFrameHeader;
  resume_ = b_.CreateSwitch(where, blocks_[0]);
}

Value* Generator::entry_mask() {
  auto* const mask_type = llvm::FixedVectorType::get(b_.getInt1Ty(), kLanes);
  if (form_ == Form::function) return b_.CreateBitCast(function_->getArg(2), mask_type);
  if (analysis_.block.full) return llvm::ConstantInt::getTrue(mask_type);
  Value* const threads = context_field(grid_, offsetof(exec::Grid, threads), b_.getInt32Ty(), true);
  Value* const left = b_.CreateSub(threads, b_.CreateMul(warp_, b_.getInt32(kLanes)));
  return b_.CreateICmpULT(lane_indices(), splat(left));
}

/// 0, 1, ... 31.
Value* Generator::lane_indices() {
  std::vector<std::uint32_t> lanes(kLanes);
  for (unsigned n = 0; n < kLanes; ++n) lanes[n] = n;
  return llvm::ConstantDataVector::get(context_, lanes);
}

/// Every variable of the warp starts as zero, so that nothing is ever read undefined.
void Generator::zero_slots() {
  llvm::IRBuilder<> at(warp_start_, warp_start_->begin());
  for (llvm::AllocaInst* each : variables_) {
    bool is_ctaid = false;
    for (const auto* own : ctaid_) is_ctaid |= own == each;
    if (!is_ctaid) at.CreateStore(llvm::Constant::getNullValue(each->getAllocatedType()), each);
  }
}

}  // namespace vgpu::jit
