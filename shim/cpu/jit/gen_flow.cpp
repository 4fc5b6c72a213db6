#include <llvm/IR/Constants.h>

#include <algorithm>

#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using llvm::BasicBlock;
using llvm::Value;
using ptx::Opcode;

namespace {

constexpr std::size_t kMostDispatchers = 20000;  // bounds the code that a tangle of branches makes

}  // namespace

void Generator::block(std::uint32_t index) {
  current_ = index;
  guarded_.clear();
  b_.SetInsertPoint(blocks_[index]);
  if (analysis_.partial[index]) {
    llvm::AllocaInst* const lanes = pending(index);
    mask_ = b_.CreateLoad(lanes->getAllocatedType(), lanes, "mask");
    b_.CreateStore(llvm::Constant::getNullValue(lanes->getAllocatedType()), lanes);
  } else {
    mask_ = full_mask_;
  }
  const Block& each = code_.blocks[index];
  for (at_ = each.first; at_ < each.last; ++at_) {
    const ptx::Instruction& inst = code_.insts[at_];
    if (ends_block(inst)) break;
    instruction(inst);
  }
  terminator(index);
}

void Generator::terminator(std::uint32_t index) {
  const Block& each = code_.blocks[index];
  const ptx::Instruction& last = code_.insts[each.last - 1];
  if (!ends_block(last) || (last.op == Opcode::bra_ && last.guard < 0)) {
    edge(index, each.succs.front());
  } else if (last.op == Opcode::bra_ || last.op == Opcode::brx_) {
    if (analysis_.divergent[index])
      divergent_branch(index, last);
    else
      uniform_branch(index, last);
  } else if (last.op == Opcode::trap_) {
    runtime("vgpu_trap", b_.getVoidTy(), {state_});
    b_.CreateUnreachable();
  } else {
    if (last.op == Opcode::ret_ && form_ == Form::function)
      b_.CreateStore(b_.CreateOr(b_.CreateLoad(mask_->getType(), returned_[0]), mask_),
                     returned_[0]);
    dispatch(schedule_.candidates(index, {}), false);
  }
}

void Generator::uniform_branch(std::uint32_t index, const ptx::Instruction& inst) {
  const auto& succs = code_.blocks[index].succs;
  if (inst.op == Opcode::bra_) {
    BasicBlock* const taken = BasicBlock::Create(context_, "taken", function_);
    BasicBlock* const other = BasicBlock::Create(context_, "other", function_);
    b_.CreateCondBr(guard_scalar(inst), taken, other);
    b_.SetInsertPoint(taken);
    edge(index, succs[0]);
    b_.SetInsertPoint(other);
    edge(index, succs[1]);
    return;
  }
  Value* const which = operand(inst.operands[0], ptx::Type::u32).base;
  BasicBlock* const last = BasicBlock::Create(context_, "case", function_);
  llvm::SwitchInst* const jump = b_.CreateSwitch(which, last, static_cast<unsigned>(succs.size()));
  for (unsigned n = 0; n + 1 < succs.size(); ++n) {
    BasicBlock* const each = BasicBlock::Create(context_, "case", function_);
    jump->addCase(b_.getInt32(n), each);
    b_.SetInsertPoint(each);
    edge(index, succs[n]);
  }
  b_.SetInsertPoint(last);
  edge(index, succs.back());
}

void Generator::divergent_branch(std::uint32_t index, const ptx::Instruction& inst) {
  const auto& succs = code_.blocks[index].succs;
  Value* const none = llvm::Constant::getNullValue(mask_->getType());
  if (inst.op == Opcode::bra_) {
    Value* const taken = guard_lanes(inst);
    pend(succs[0], b_.CreateSelect(taken, mask_, none));
    pend(succs[1], b_.CreateSelect(taken, none, mask_));
  } else {
    Value* const which = vector(operand(inst.operands[0], ptx::Type::u32));
    Value* left = mask_;
    for (unsigned n = 0; n < succs.size(); ++n) {
      const bool last = n + 1 == succs.size();
      Value* const here =
          last ? left : b_.CreateAnd(left, b_.CreateICmpEQ(which, splat(b_.getInt32(n))));
      pend(succs[n], here);
      left = b_.CreateAnd(left, b_.CreateNot(here));
    }
  }
  dispatch(schedule_.candidates(index, succs), true);
}

/// All lanes go to `succ`, unless pending ones come first.
void Generator::edge(std::uint32_t index, std::uint32_t succ) {
  pend(succ, mask_);
  const auto sorted = schedule_.candidates(index, {succ});
  if (sorted.front() == succ)
    b_.CreateBr(blocks_[succ]);
  else
    dispatch(sorted, true);
}

void Generator::pend(std::uint32_t block, Value* lanes) {
  if (!analysis_.partial[block]) return;
  llvm::AllocaInst* const at = pending(block);
  b_.CreateStore(b_.CreateOr(b_.CreateLoad(lanes->getType(), at), lanes), at);
}

llvm::AllocaInst* Generator::pending(std::uint32_t block) {
  if (pending_[block] == nullptr)
    pending_[block] = variable(llvm::FixedVectorType::get(b_.getInt1Ty(), kWarpSize),
                               "pending" + llvm::Twine(block));
  return pending_[block];
}

/// Goes to the first of the blocks that has lanes; `some` says that one of them has.
void Generator::dispatch(const std::vector<std::uint32_t>& sorted, bool some) {
  b_.CreateBr(dispatcher(sorted, some));
}

/// A chain of tests, one for each block that may have lanes, made from its end up to the first that
/// is there already: kernels can have very many blocks.
BasicBlock* Generator::dispatcher(const std::vector<std::uint32_t>& sorted, bool some) {
  const auto tail = [&](std::size_t from) {
    return std::vector<std::uint32_t>(sorted.begin() + static_cast<std::ptrdiff_t>(from),
                                      sorted.end());
  };
  std::size_t first = 0;
  BasicBlock* next = nullptr;
  for (; next == nullptr; ++first) {
    if (first == sorted.size()) {
      next = warp_end_;
    } else if (!analysis_.partial[sorted[first]] || (first + 1 == sorted.size() && some)) {
      next = blocks_[sorted[first]];
    } else {
      const auto made = dispatchers_.find({tail(first), some});
      if (made != dispatchers_.end()) next = made->second;
    }
  }
  llvm::IRBuilderBase::InsertPointGuard keep(b_);
  for (--first; first-- > 0;) {
    BasicBlock* const here = BasicBlock::Create(context_, "dispatch", function_);
    b_.SetInsertPoint(here);
    llvm::AllocaInst* const lanes = pending(sorted[first]);
    b_.CreateCondBr(any(b_.CreateLoad(lanes->getAllocatedType(), lanes)), blocks_[sorted[first]],
                    next);
    dispatchers_[{tail(first), some}] = here;
    if (dispatchers_.size() > kMostDispatchers)
      throw Unsupported(code_.name + ": its control flow is too tangled");
    next = here;
  }
  return next;
}

Value* Generator::any(Value* mask) { return b_.CreateICmpNE(bits(mask), b_.getInt32(0)); }

/// Does `body` where `mask` has a lane; where it is the block's own mask it always has.
void Generator::if_any(Value* mask, const std::function<void()>& body) {
  if (mask == mask_) return body();
  BasicBlock* const some = BasicBlock::Create(context_, "some", function_);
  BasicBlock* const join = BasicBlock::Create(context_, "join", function_);
  b_.CreateCondBr(any(mask), some, join);
  b_.SetInsertPoint(some);
  body();
  b_.CreateBr(join);
  b_.SetInsertPoint(join);
}

}  // namespace vgpu::jit
