// mbarrier objects, and copies that report to them.

#include <llvm/IR/Constants.h>

#include "shim/cpu/exec/mbarrier.h"
#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using exec::MbarrierOp;
using llvm::Value;
using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;

namespace {

MbarrierOp operation_of(const ptx::Instruction& inst) {
  const bool parity = inst.has(Mod::parity_);
  if (inst.has(Mod::test_wait_) || inst.has(Mod::try_wait_))
    return parity ? MbarrierOp::test_parity : MbarrierOp::test_state;
  if (inst.has(Mod::arrive_))
    return inst.has(Mod::expect_tx_) ? MbarrierOp::arrive_tx : MbarrierOp::arrive;
  if (inst.has(Mod::arrive_drop_))
    return inst.has(Mod::expect_tx_) ? MbarrierOp::drop_tx : MbarrierOp::drop;
  if (inst.has(Mod::expect_tx_)) return MbarrierOp::expect_tx;
  if (inst.has(Mod::complete_tx_)) return MbarrierOp::complete_tx;
  return inst.has(Mod::init_) ? MbarrierOp::init : MbarrierOp::inval;
}

}  // namespace

/// `op` of the objects at `where`; returns <32 x i64>.
Value* Generator::mbarrier_op(MbarrierOp op, const Lanes& where, Value* values, Value* lanes) {
  llvm::Type* const all = wide(b_.getInt64Ty());
  Value* const results = spill(llvm::Constant::getNullValue(all));
  runtime("vgpu_mbarrier", b_.getVoidTy(),
          {b_.getInt32(static_cast<std::uint32_t>(op)), bits(lanes), spill(vector(where)),
           spill(b_.CreateZExt(values, all)), results});
  return b_.CreateLoad(all, results);
}

void Generator::mbarrier(const ptx::Instruction& inst) {
  if (inst.op == Opcode::cp_) {
    // Without .noinc one more arrival is expected for the one that is made.
    if (!inst.has(Mod::noinc_)) return;
    mbarrier_op(MbarrierOp::arrive, address(inst, inst.operands[0]), splat(b_.getInt64(1)),
                active(inst));
    return;
  }
  const unsigned at = destination_count(inst);
  const auto put = [&](Value* value, ptx::Type type) {
    const Operand& to = inst.operands[0];
    if (to.kind != Operand::Kind::reg) return;
    const ptx::Type own = code_.webs[static_cast<std::size_t>(to.value)].type;
    write(to.value, {Shape::varying(), to_storage(value, type, own), nullptr, nullptr}, inst);
  };
  if (inst.has(Mod::pending_count_)) {
    const exec::Mbarrier all_pending(~std::uint64_t{0});
    Value* const state = vector(operand(inst.operands[1], ptx::Type::b64));
    Value* const count = b_.CreateAnd(state, splat(b_.getInt64(all_pending.pending())));
    return put(b_.CreateTrunc(count, wide(b_.getInt32Ty())), ptx::Type::u32);
  }
  const MbarrierOp op = operation_of(inst);
  const bool is_state = op == MbarrierOp::test_state;
  Value* value = splat(b_.getInt64(1));
  if (inst.operands.size() > at + 1)
    value = vector(operand(inst.operands[at + 1], is_state ? ptx::Type::b64 : ptx::Type::u32));
  Value* const result = mbarrier_op(op, address(inst, inst.operands[at]), value, active(inst));
  if (at == 0) return;
  if (!waits_for_mbarrier(inst)) return put(result, ptx::Type::b64);
  Value* const over = b_.CreateICmpNE(result, llvm::Constant::getNullValue(result->getType()));
  put(over, ptx::Type::pred);
  let_others_run(b_.CreateAnd(active(inst), b_.CreateNot(over)));
}

/// Tells the mbarrier of each lane that `bytes` bytes have come.
void Generator::report_bytes(const ptx::Instruction& inst, const Operand& object, unsigned bytes) {
  ptx::Instruction shared = inst;
  shared.space = ptx::Space::shared;
  mbarrier_op(MbarrierOp::complete_tx, address(shared, object), splat(b_.getInt64(bytes)),
              active(inst));
}

/// The lanes `stuck` have to try again: another warp has its turn first, if there are any.
void Generator::let_others_run(Value* stuck) {
  if (form_ == Form::flat) return;
  llvm::BasicBlock* const some = llvm::BasicBlock::Create(context_, "stuck", function_);
  llvm::BasicBlock* const join = llvm::BasicBlock::Create(context_, "unstuck", function_);
  llvm::BasicBlock* const before = b_.GetInsertBlock();
  Value* const mask_before = mask_;
  b_.CreateCondBr(any(stuck), some, join);
  b_.SetInsertPoint(some);
  if (form_ == Form::resumable)
    wait(b_.getInt64(static_cast<std::uint64_t>(exec::BarrierKind::yield)), true);
  else
    runtime("vgpu_yield", b_.getVoidTy(), {state_, warp_});
  llvm::BasicBlock* const after = b_.GetInsertBlock();
  b_.CreateBr(join);
  b_.SetInsertPoint(join);
  if (mask_ == mask_before) return;
  llvm::PHINode* const mask = b_.CreatePHI(mask_->getType(), 2);
  mask->addIncoming(mask_before, before);
  mask->addIncoming(mask_, after);
  mask_ = mask;
}

/// cp.async.bulk: each lane copies as many bytes as it says, and tells its mbarrier.
void Generator::copy_bulk(const ptx::Instruction& inst) {
  if (inst.has(Mod::reduce_) || inst.has(Mod::tensor_)) unsupported(inst, "this bulk copy");
  if (inst.operands.size() < 3) return;  // groups, waits and prefetches
  const bool reports = inst.has(Mod::mbarrier_complete_tx_bytes_);
  ptx::Instruction source = inst;
  source.space = inst.source_space;
  constexpr std::uint64_t kUnit = 16;
  guard(inst, inst.operands[0], kUnit, nullptr);
  guard(source, inst.operands[1], kUnit, nullptr);
  const Lanes where = address(inst, inst.operands[0]);
  const Lanes whence = address(source, inst.operands[1]);
  Value* const to = spill(vector(where));
  Value* const from = spill(vector(whence));
  Value* const sizes = vector(operand(inst.operands[2], ptx::Type::u32));
  Value* const bytes = spill(sizes);
  for_each_lane(active(inst), [&](Value* lane) {
    Value* const size = spilled(bytes, b_.getInt32Ty(), lane);
    b_.CreateMemMove(pointer(spilled(to, b_.getInt64Ty(), lane)), llvm::MaybeAlign(),
                     pointer(spilled(from, b_.getInt64Ty(), lane)), llvm::MaybeAlign(),
                     b_.CreateZExt(size, b_.getInt64Ty()));
  });
  if (!reports) return;
  ptx::Instruction object = inst;
  object.space = ptx::Space::shared;
  mbarrier_op(MbarrierOp::complete_tx, address(object, inst.operands[3]), sizes, active(inst));
}

}  // namespace vgpu::jit
