#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include <algorithm>
#include <bit>
#include <set>

#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/lane_pattern.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using exec::Arrival;
using exec::BarrierKind;
using llvm::Value;
using ptx::Mod;
using ptx::Operand;

namespace {

constexpr std::size_t kFrameAlign = 64;

/// The number of a named barrier; one that there is not stays one that there is not.
Value* barrier_id(llvm::IRBuilder<>& b, Value* given) {
  Value* const known = b.CreateICmpULT(given, b.getInt64(exec::kClusterBarrier));
  return b.CreateSelect(known, given, b.getInt64(0xff));
}

}  // namespace

Value* Generator::runtime(const char* name, llvm::Type* result,
                          const std::vector<Value*>& arguments) {
  std::vector<llvm::Type*> types;
  for (const Value* each : arguments) types.push_back(each->getType());
  const auto callee =
      module_.getOrInsertFunction(name, llvm::FunctionType::get(result, types, false));
  llvm::CallInst* const made = b_.CreateCall(callee, arguments);
  made->setDoesNotThrow();
  return made;
}

void Generator::barrier(const ptx::Instruction& inst) {
  if (inst.has(Mod::warp_)) return;  // the lanes of a warp run in step
  // Clusters have one block: whoever waits for all of its threads waits for the block's.
  const bool cluster = inst.has(Mod::cluster_);
  if (cluster && inst.has(Mod::arrive_)) return;
  const bool reduces = inst.has(Mod::red_);
  const bool arrives = inst.has(Mod::arrive_);
  const BarrierKind kind = arrives                ? BarrierKind::arrive
                           : !reduces             ? BarrierKind::sync
                           : inst.has(Mod::popc_) ? BarrierKind::popc
                           : inst.has(Mod::and_)  ? BarrierKind::all
                                                  : BarrierKind::any;
  std::vector<Operand> sources(inst.operands.begin() + (reduces ? 1 : 0), inst.operands.end());
  Value* holds = llvm::Constant::getNullValue(mask_->getType());
  if (reduces && !sources.empty()) {
    holds = b_.CreateAnd(mask_, vector(operand(sources.back(), ptx::Type::pred)));
    sources.pop_back();
  }
  const auto number = [&](std::size_t n) -> Value* {
    if (n >= sources.size()) return b_.getInt64(0);
    Value* value = operand(sources[n], ptx::Type::u32).base;
    if (value->getType()->isVectorTy()) value = extract(value, first_lane(mask_));
    return b_.CreateZExt(value, b_.getInt64Ty());
  };
  const auto count = [&](Value* lanes) {
    return b_.CreateZExt(b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, bits(lanes)),
                         b_.getInt64Ty());
  };
  Value* arrival = b_.getInt64(static_cast<std::uint64_t>(kind));
  const auto put = [&](Value* value, unsigned shift) {
    arrival = b_.CreateOr(arrival, b_.CreateShl(value, shift));
  };
  Value* const id = cluster ? b_.getInt64(exec::kClusterBarrier) : barrier_id(b_, number(0));
  put(id, Arrival::kIdShift);
  put(count(holds), Arrival::kTrueShift);
  put(count(mask_), Arrival::kActiveShift);
  put(number(1), Arrival::kCountShift);
  if (arrives) {
    runtime("vgpu_arrive", b_.getVoidTy(), {state_, warp_, arrival});
    return;
  }
  Value* const result = wait(arrival);
  if (!reduces) return;
  const Operand& to = inst.operands[0];
  if (to.kind != Operand::Kind::reg) return;
  const ptx::Type own = code_.webs[static_cast<std::size_t>(to.value)].type;
  write(to.value, {Shape::uniform(), cast(result, ptx::Type::u32, own), nullptr, nullptr}, inst);
}

/// Ends this turn of the warp; what follows is its next turn. Returns the barrier's result.
/// `written`: the instruction's own destinations are, and must be kept.
Value* Generator::wait(Value* arrival, bool written) {
  if (form_ != Form::resumable)
    return runtime("vgpu_barrier", b_.getInt32Ty(), {state_, warp_, arrival});
  const unsigned turn = resume_->getNumCases() + 1;
  llvm::BasicBlock* const next =
      llvm::BasicBlock::Create(context_, "turn" + llvm::Twine(turn), function_);
  resume_->addCase(b_.getInt32(turn), next);
  b_.CreateStore(b_.getInt32(turn), frame_);
  std::set<std::int64_t> live = live_after(written);
  const std::vector<std::int64_t> again = computed_again(live, written);
  const auto kept = kept_values(live);
  std::size_t at = exec::kFrameHeader;
  std::vector<std::size_t> offsets;
  for (const auto* each : kept) {
    const std::size_t size = module_.getDataLayout().getTypeStoreSize(each->getAllocatedType());
    const std::size_t align = std::min(kFrameAlign, std::bit_ceil(size));
    at = (at + align - 1) / align * align;
    offsets.push_back(at);
    at += size;
  }
  frame_bytes_ = std::max(frame_bytes_, (at + kFrameAlign - 1) / kFrameAlign * kFrameAlign);
  const auto marked = [&](std::size_t n) {
    return llvm::MDNode::get(context_, {llvm::ConstantAsMetadata::get(b_.getInt32(turn)),
                                        llvm::ConstantAsMetadata::get(b_.getInt64(offsets[n]))});
  };
  for (std::size_t n = 0; n < kept.size(); ++n)
    frame_value(kept[n], offsets[n], true)->setMetadata(kKept, marked(n));
  if (analysis_.partial[current_])
    b_.CreateStore(bits(mask_), frame_at(offsetof(exec::WarpFrame, mask)));
  b_.CreateRet(arrival);
  b_.SetInsertPoint(next);
  for (std::size_t n = 0; n < kept.size(); ++n)
    frame_value(kept[n], offsets[n], false)->setMetadata(kKept, marked(n));
  if (analysis_.partial[current_])
    mask_ =
        b_.CreateBitCast(b_.CreateLoad(b_.getInt32Ty(), frame_at(offsetof(exec::WarpFrame, mask))),
                         mask_->getType());
  compute_again(again);
  return b_.CreateLoad(b_.getInt32Ty(), frame_at(offsetof(exec::WarpFrame, result)));
}

Value* Generator::frame_at(std::size_t offset) {
  return b_.CreateConstInBoundsGEP1_64(b_.getInt8Ty(), frame_, offset);
}

/// Returns the access of the frame.
llvm::Instruction* Generator::frame_value(llvm::AllocaInst* variable, std::size_t offset,
                                          bool save) {
  llvm::Type* const type = variable->getAllocatedType();
  Value* const from = save ? static_cast<Value*>(variable) : frame_at(offset);
  Value* const to = save ? frame_at(offset) : static_cast<Value*>(variable);
  llvm::LoadInst* const load = b_.CreateAlignedLoad(type, from, llvm::Align(1));
  if (save) return b_.CreateAlignedStore(load, to, llvm::Align(1));
  // Frozen, loads of several turns stay loads: where they meet, addresses would be chosen instead.
  b_.CreateAlignedStore(b_.CreateFreeze(load), to, llvm::Align(1));
  return load;
}

/// The webs that are read after the current instruction.
std::set<std::int64_t> Generator::live_after(bool written) {
  std::set<std::int64_t> live;
  const Block& here = code_.blocks[current_];
  for (const auto succ : here.succs)
    for (const auto web : code_.live_in[succ]) live.insert(web);
  for (std::uint32_t n = here.last; n-- > at_ + 1;) {
    const ptx::Instruction& inst = code_.insts[n];
    for_each_def(inst, [&](std::int64_t web) {
      if (inst.guard < 0) live.erase(web);
    });
    for_each_use(inst, [&](std::int64_t web) { live.insert(web); });
    if (inst.guard >= 0) live.insert(inst.guard);
  }
  // Lanes that wait at blocks to come need what those read.
  for (const unsigned block : schedule_.deferred(current_).set_bits())
    for (const auto web : code_.live_in[block]) live.insert(web);
  // What the barrier itself writes is only known after it.
  for_each_def(code_.insts[at_], [&](std::int64_t web) {
    if (!written && !analysis_.blend[static_cast<std::size_t>(web)]) live.erase(web);
  });
  return live;
}

/// The variables of `live`, and of lanes that wait.
std::vector<llvm::AllocaInst*> Generator::kept_values(const std::set<std::int64_t>& live) {
  std::vector<llvm::AllocaInst*> kept;
  for (const auto web : live) {
    const Slot& each = slot(web);
    for (llvm::AllocaInst* part : {each.base, each.y, each.u})
      if (part != nullptr) kept.push_back(part);
  }
  for (const unsigned block : schedule_.deferred(current_).set_bits())
    if (analysis_.partial[block]) kept.push_back(pending(block));
  return kept;
}

}  // namespace vgpu::jit
