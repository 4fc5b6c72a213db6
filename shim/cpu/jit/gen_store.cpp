#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using llvm::BasicBlock;
using llvm::Value;
using ptx::Operand;

void Generator::store(const ptx::Instruction& inst) {
  if (inst.has(ptx::Mod::bulk_)) return fill(inst);
  const bool async = inst.has(ptx::Mod::async_);
  if (async && !inst.has(ptx::Mod::mbarrier_complete_tx_bytes_))
    unsupported(inst, "this asynchronous store");
  const unsigned count = elements(inst);
  const ptx::Type type = inst.types.at(0);
  llvm::Type* const element = b_.getIntNTy(8 * ptx::size_of(type));
  const Lanes to = address(inst, inst.operands[0]);
  const Operand& from = inst.operands[1];
  if (from.kind == Operand::Kind::vector && from.elements.size() < count)
    unsupported(inst, "too few sources");
  std::vector<Lanes> data;
  for (unsigned n = 0; n < count; ++n) {
    const Operand& source = from.kind == Operand::Kind::vector ? from.elements[n] : from;
    Lanes value = operand(source, type);
    if (!value.shape.is_uniform()) value = shaped(value, Shape::varying());
    value.base = b_.CreateBitCast(value.base, value.shape.is_uniform() ? element : wide(element));
    data.push_back(value);
  }
  if_any(active(inst), [&] {
    guard(inst, inst.operands[0]);
    if (!to.shape.is_uniform()) {
      std::vector<Value*> values;
      values.reserve(data.size());
      for (const Lanes& each : data) values.push_back(vector(each));
      return store_lanes(to, values, active(inst), is_full(inst));
    }
    // Every lane writes the same place: the last one stays.
    for (unsigned n = 0; n < count; ++n) {
      Value* value = data[n].base;
      if (!data[n].shape.is_uniform()) value = extract(value, last_lane(active(inst)));
      Value* const at = b_.CreateAdd(to.base, b_.getInt64(std::uint64_t{n} * ptx::size_of(type)));
      b_.CreateAlignedStore(value, pointer(at), llvm::Align(1), inst.has(ptx::Mod::volatile_));
    }
  });
  if (inst.has(ptx::Mod::volatile_) || inst.has(ptx::Mod::release_) || inst.has(ptx::Mod::relaxed_))
    b_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent, llvm::SyncScope::SingleThread);
  if (async) report_bytes(inst, inst.operands[2], count * ptx::size_of(type));
}

/// st.bulk: each lane makes as many bytes zero as it says.
void Generator::fill(const ptx::Instruction& inst) {
  Value* const at = spill(vector(address(inst, inst.operands[0])));
  Value* const sizes = spill(vector(operand(inst.operands[1], ptx::Type::u64)));
  for_each_lane(active(inst), [&](Value* lane) {
    b_.CreateMemSet(pointer(spilled(at, b_.getInt64Ty(), lane)), b_.getInt8(0),
                    spilled(sizes, b_.getInt64Ty(), lane), llvm::MaybeAlign());
  });
}

Value* Generator::last_lane(Value* mask) {
  if (llvm::isa<llvm::Constant>(mask)) return b_.getInt32(kWarpSize - 1);
  return b_.CreateSub(b_.getInt32(kWarpSize - 1),
                      b_.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, bits(mask), b_.getFalse()));
}

void Generator::store_lanes(const Lanes& to, const std::vector<Value*>& values, Value* mask,
                            bool full) {
  Rows rows;
  const auto size =
      static_cast<std::int64_t>(values[0]->getType()->getScalarType()->getIntegerBitWidth() / 8);
  if (!rows_of(to, rows) || rows.stride != size * static_cast<std::int64_t>(values.size()))
    return scatter(vector(to), values, mask);
  if (rows.linear == nullptr) return store_rows(rows, values, mask, full);
  BasicBlock* const fast = BasicBlock::Create(context_, "linear", function_);
  BasicBlock* const slow = BasicBlock::Create(context_, "wrapped", function_);
  BasicBlock* const join = BasicBlock::Create(context_, "stored", function_);
  b_.CreateCondBr(rows.linear, fast, slow, llvm::MDBuilder(context_).createBranchWeights(2000, 1));
  b_.SetInsertPoint(fast);
  store_rows(rows, values, mask, full);
  b_.CreateBr(join);
  b_.SetInsertPoint(slow);
  scatter(vector(to), values, mask);
  b_.CreateBr(join);
  b_.SetInsertPoint(join);
}

/// Rows of lanes that lie side by side.
void Generator::store_rows(const Rows& rows, const std::vector<Value*>& values, Value* mask,
                           bool full) {
  const unsigned height = analysis_.block.rows();
  const unsigned width = analysis_.block.row();
  const auto count = static_cast<unsigned>(values.size());
  // Elements of one lane side by side: {a0 b0 a1 b1 ...}.
  Value* all = values[0];
  if (count > 1) {
    all = concat(values);
    std::vector<int> picks;
    for (unsigned lane = 0; lane < kWarpSize; ++lane)
      for (unsigned n = 0; n < count; ++n) picks.push_back(static_cast<int>(n * kWarpSize + lane));
    all = b_.CreateShuffleVector(all, picks);
  }
  for (unsigned row = 0; row < height; ++row) {
    std::vector<int> picks;
    for (unsigned n = 0; n < width * count; ++n)
      picks.push_back(static_cast<int>(row * width * count + n));
    Value* const part = height == 1 ? all : b_.CreateShuffleVector(all, picks);
    if (full)
      b_.CreateAlignedStore(part, pointer(rows.bases[row]), llvm::Align(1));
    else
      b_.CreateMaskedStore(part, pointer(rows.bases[row]), llvm::Align(1),
                           row_mask(mask, row, count));
  }
}

void Generator::scatter(Value* addresses, const std::vector<Value*>& values, Value* mask) {
  const unsigned size = values[0]->getType()->getScalarType()->getIntegerBitWidth() / 8;
  if (size <= 8) {
    for (std::size_t n = 0; n < values.size(); ++n) {
      Value* const at = b_.CreateAdd(addresses, splat(b_.getInt64(n * size)));
      b_.CreateMaskedScatter(values[n], pointer(at), llvm::Align(1), mask);
    }
    return;
  }
  Value* const where = spill(addresses);
  std::vector<Value*> what;
  what.reserve(values.size());
  for (Value* each : values) what.push_back(spill(each));
  for_each_lane(mask, [&](Value* lane) {
    Value* const at = spilled(where, b_.getInt64Ty(), lane);
    for (std::size_t n = 0; n < values.size(); ++n)
      b_.CreateAlignedStore(spilled(what[n], values[n]->getType()->getScalarType(), lane),
                            pointer(b_.CreateAdd(at, b_.getInt64(n * size))), llvm::Align(1));
  });
}

/// Puts a vector into memory, where a lane that is not known in advance can be picked from.
Value* Generator::spill(Value* vector) {
  auto& pool = spills_[vector->getType()];
  const unsigned index = spills_used_[vector->getType()]++;
  if (index == pool.size()) {
    llvm::IRBuilder<> at(entry_, entry_->begin());
    llvm::AllocaInst* const made = at.CreateAlloca(vector->getType(), nullptr, "spill");
    made->setAlignment(llvm::Align(64));
    pool.push_back(made);
  }
  b_.CreateStore(vector, pool[index]);
  return pool[index];
}

Value* Generator::spilled(Value* at, llvm::Type* type, Value* lane) {
  return b_.CreateLoad(type, spilled_at(at, type, lane));
}

Value* Generator::spilled_at(Value* at, llvm::Type* type, Value* lane) {
  return b_.CreateInBoundsGEP(type, at, {b_.CreateZExt(lane, b_.getInt64Ty())});
}

/// Runs `body` for each lane of `mask`, from the lowest.
void Generator::for_each_lane(Value* mask, const std::function<void(Value* lane)>& body) {
  BasicBlock* const before = b_.GetInsertBlock();
  BasicBlock* const loop = BasicBlock::Create(context_, "lane", function_);
  BasicBlock* const done = BasicBlock::Create(context_, "lanes_done", function_);
  Value* const all = bits(mask);
  b_.CreateCondBr(b_.CreateICmpNE(all, b_.getInt32(0)), loop, done);
  b_.SetInsertPoint(loop);
  llvm::PHINode* const left = b_.CreatePHI(b_.getInt32Ty(), 2);
  left->addIncoming(all, before);
  body(b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, left, b_.getTrue()));
  Value* const rest = b_.CreateAnd(left, b_.CreateSub(left, b_.getInt32(1)));
  left->addIncoming(rest, b_.GetInsertBlock());
  b_.CreateCondBr(b_.CreateICmpNE(rest, b_.getInt32(0)), loop, done);
  b_.SetInsertPoint(done);
}

}  // namespace vgpu::jit
