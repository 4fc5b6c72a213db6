#include <llvm/IR/Constants.h>

#include "shim/cpu/jit/flatten.h"
#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using llvm::BasicBlock;
using llvm::Value;
using ptx::Operand;

void Generator::call(const ptx::Instruction& inst) {
  const Operand& id = inst.operands[destination_count(inst)];
  const OutlinedCall& each = code_.calls[static_cast<std::size_t>(id.offset)];
  switch (each.kind) {
    case OutlinedCall::Kind::runtime:
      return runtime_call(inst, each);
    case OutlinedCall::Kind::indirect:
      indirect_call(inst, each);
      break;
    case OutlinedCall::Kind::direct: {
      const auto callee = callees_.find(each.target);
      if (callee == callees_.end()) unsupported(inst, "an unknown function");
      Value* const left = outlined_call(callee->second, each, mask_);
      mask_ = b_.CreateAnd(mask_, left);
      break;
    }
  }
  leave_if_empty();
}

/// Where a loop waits for another warp, that one must come to its turn.
void Generator::yield_turn() {
  if (code_.polls.contains(at_)) runtime("vgpu_yield", b_.getVoidTy(), {state_, warp_});
}

/// Calls a function for the lanes of `mask`; gives those that came back.
Value* Generator::outlined_call(llvm::Function* callee, const OutlinedCall& each, Value* mask) {
  Value* const area = b_.CreateAdd(local_, b_.getInt64(each.area));
  llvm::CallInst* const made =
      b_.CreateCall(callee, {state_, warp_, bits(mask), area, b_.getInt64(code_.local_bytes)});
  made->setDoesNotThrow();
  return b_.CreateBitCast(made, mask_->getType());
}

/// Lanes may have ended inside the callee; if all have, the block is over.
void Generator::leave_if_empty() {
  BasicBlock* const rest = BasicBlock::Create(context_, "returned", function_);
  BasicBlock* const none = BasicBlock::Create(context_, "ended", function_);
  b_.CreateCondBr(any(mask_), rest, none);
  b_.SetInsertPoint(none);
  dispatch(schedule_.candidates(current_, {}), false);
  b_.SetInsertPoint(rest);
}

/// Calls each of the functions that lanes point at, with the lanes that do.
void Generator::indirect_call(const ptx::Instruction& inst, const OutlinedCall& each) {
  Value* const targets = spill(vector(operand(inst.operands[0], ptx::Type::b64)));
  llvm::Type* const lanes_type = mask_->getType();
  BasicBlock* const before = b_.GetInsertBlock();
  BasicBlock* const loop = BasicBlock::Create(context_, "target", function_);
  BasicBlock* const next = BasicBlock::Create(context_, "called", function_);
  BasicBlock* const done = BasicBlock::Create(context_, "targets_done", function_);
  b_.CreateBr(loop);
  b_.SetInsertPoint(loop);
  llvm::PHINode* const left = b_.CreatePHI(lanes_type, 2);
  llvm::PHINode* const alive = b_.CreatePHI(lanes_type, 2);
  left->addIncoming(mask_, before);
  alive->addIncoming(llvm::Constant::getNullValue(lanes_type), before);
  Value* const target = spilled(targets, b_.getInt64Ty(), first_lane(left));
  Value* const all = b_.CreateLoad(wide(b_.getInt64Ty()), targets);
  Value* const same = b_.CreateAnd(left, b_.CreateICmpEQ(all, splat(target)));
  BasicBlock* choice = b_.GetInsertBlock();
  b_.SetInsertPoint(next);
  llvm::PHINode* const returned = b_.CreatePHI(lanes_type, 2);
  Value* const rest = b_.CreateAnd(left, b_.CreateNot(same));
  Value* const still = b_.CreateOr(alive, returned);
  left->addIncoming(rest, next);
  alive->addIncoming(still, next);
  b_.CreateCondBr(any(rest), loop, done);
  for (const auto& [symbol, function] : callees_) {
    const CallLayout layout = layout_of(symbol->function->returns, symbol->function->params);
    if (layout != each.layout) continue;
    BasicBlock* const here = BasicBlock::Create(context_, "call", function_);
    BasicBlock* const other = BasicBlock::Create(context_, "other", function_);
    b_.SetInsertPoint(choice);
    b_.CreateCondBr(b_.CreateICmpEQ(target, link_address(symbol->link_name, 0)), here, other);
    choice = other;
    b_.SetInsertPoint(here);
    returned->addIncoming(outlined_call(function, each, same), here);
    b_.CreateBr(next);
  }
  b_.SetInsertPoint(choice);
  runtime("vgpu_bad_call", b_.getVoidTy(), {state_, target});
  b_.CreateUnreachable();
  b_.SetInsertPoint(done);
  if (returned->getNumIncomingValues() == 0)
    unsupported(inst, "no function of the program fits this call");
  mask_ = b_.CreateAnd(mask_, still);
}

/// vprintf and the like: one call for the whole warp, with an array for each argument.
void Generator::runtime_call(const ptx::Instruction& inst, const OutlinedCall& each) {
  const unsigned results = destination_count(inst);
  llvm::Type* const i64 = b_.getInt64Ty();
  std::vector<Value*> arguments{state_, warp_, bits(active(inst))};
  for (std::size_t n = results + 1; n < inst.operands.size(); ++n) {
    const auto web = static_cast<std::size_t>(inst.operands[n].value);
    Value* const value = vector(operand(inst.operands[n], code_.webs[web].type));
    arguments.push_back(spill(b_.CreateZExt(value, wide(i64))));
  }
  Value* const out = spill(llvm::Constant::getNullValue(wide(i64)));
  arguments.push_back(out);
  runtime(("vgpu_" + each.name).c_str(), b_.getVoidTy(), arguments);
  if (results == 0 || inst.operands[0].kind != Operand::Kind::reg) return;
  const ptx::Type own = code_.webs[static_cast<std::size_t>(inst.operands[0].value)].type;
  Value* const value = b_.CreateLoad(wide(i64), out);
  write(inst.operands[0].value,
        {Shape::varying(), to_storage(value, ptx::Type::b64, own), nullptr, nullptr}, inst);
}

}  // namespace vgpu::jit
