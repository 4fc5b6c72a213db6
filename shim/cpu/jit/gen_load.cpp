#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/gather.h"
#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Operand;
using ptx::Space;

namespace {

/// Loads that another thread may change at any time: not to be merged or moved.
bool is_volatile(const ptx::Instruction& inst) {
  return inst.has(ptx::Mod::volatile_) || inst.has(ptx::Mod::relaxed_) ||
         inst.has(ptx::Mod::acquire_) || inst.has(ptx::Mod::mmio_) || inst.has(ptx::Mod::cv_);
}

}  // namespace

void Generator::load(const ptx::Instruction& inst) {
  yield_turn();
  const unsigned count = elements(inst);
  const ptx::Type type = inst.types.at(0);
  llvm::Type* const element = b_.getIntNTy(8 * ptx::size_of(type));
  const Lanes from = address(inst, inst.operands[1]);
  const Operand& to = inst.operands[0];
  const auto put = [&](unsigned n, Lanes value) {
    const Operand& reg = to.kind == Operand::Kind::vector ? to.elements[n] : to;
    if (reg.kind != Operand::Kind::reg) return;
    const ptx::Type own = code_.webs[static_cast<std::size_t>(reg.value)].type;
    value.base =
        to_storage(b_.CreateBitCast(value.base, value.shape.is_uniform() ? emit_type(type)
                                                                         : wide(emit_type(type))),
                   type, own);
    write(reg.value, value, inst);
  };
  if (to.kind == Operand::Kind::vector && to.elements.size() < count)
    unsupported(inst, "too few destinations");
  const auto body = [&] {
    guard(inst, inst.operands[1]);
    if (from.shape.is_uniform()) {
      for (unsigned n = 0; n < count; ++n) {
        Value* const at =
            b_.CreateAdd(from.base, b_.getInt64(std::uint64_t{n} * ptx::size_of(type)));
        auto* const value =
            b_.CreateAlignedLoad(element, pointer(at), llvm::Align(1), is_volatile(inst));
        tag(value);
        put(n, {Shape::uniform(), value, nullptr, nullptr});
      }
      return;
    }
    const auto values = load_lanes(from, element, count, active(inst), is_full(inst));
    for (unsigned n = 0; n < count; ++n) put(n, {Shape::varying(), values[n], nullptr, nullptr});
  };
  // Keeps the compiler from reusing what an earlier load of the same place gave.
  if (is_volatile(inst))
    b_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent, llvm::SyncScope::SingleThread);
  if (inst.guard < 0) return body();
  if_any(active(inst), body);
}

/// Parameters never change while the grid runs.
void Generator::tag(llvm::Instruction* access) {
  const Space space = code_.insts[at_].space;
  if (space == Space::param && form_ != Form::function)
    access->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(context_, {}));
}

std::vector<Value*> Generator::load_lanes(const Lanes& from, llvm::Type* type, unsigned count,
                                          Value* mask, bool full) {
  Rows rows;
  if (!rows_of(from, rows)) return gather(vector(from), type, count, mask);
  // How near lanes are is known later, when it is not here.
  const auto size = static_cast<std::int64_t>(type->getIntegerBitWidth() / 8) * count;
  const bool apart = rows.stride != size && (rows.stride != 0 || (full && !rows.same));
  if (apart && rows.linear == nullptr) return gather(vector(from), type, count, mask);
  if (rows.linear == nullptr) return load_rows(rows, type, count, mask, full);
  llvm::BasicBlock* const fast = llvm::BasicBlock::Create(context_, "linear", function_);
  llvm::BasicBlock* const slow = llvm::BasicBlock::Create(context_, "wrapped", function_);
  llvm::BasicBlock* const join = llvm::BasicBlock::Create(context_, "loaded", function_);
  b_.CreateCondBr(rows.linear, fast, slow, llvm::MDBuilder(context_).createBranchWeights(2000, 1));
  b_.SetInsertPoint(fast);
  const auto quick = load_rows(rows, type, count, mask, full);
  llvm::BasicBlock* const fast_end = b_.GetInsertBlock();
  b_.CreateBr(join);
  b_.SetInsertPoint(slow);
  const auto careful = gather(vector(from), type, count, mask);
  llvm::BasicBlock* const slow_end = b_.GetInsertBlock();
  b_.CreateBr(join);
  b_.SetInsertPoint(join);
  std::vector<Value*> values;
  for (unsigned n = 0; n < count; ++n) {
    llvm::PHINode* const phi = b_.CreatePHI(quick[n]->getType(), 2);
    phi->addIncoming(quick[n], fast_end);
    phi->addIncoming(careful[n], slow_end);
    values.push_back(phi);
  }
  return values;
}

std::vector<Value*> Generator::load_rows(const Rows& rows, llvm::Type* type, unsigned count,
                                         Value* mask, bool full) {
  const unsigned height = analysis_.block.rows();
  const unsigned width = analysis_.block.row();
  const auto size = static_cast<std::int64_t>(type->getIntegerBitWidth() / 8);
  std::vector<std::vector<Value*>> parts(count);
  Value* merged = row_mask(mask, 0, 1);
  if (rows.same)
    for (unsigned n = 1; n < height; ++n) merged = b_.CreateOr(merged, row_mask(mask, n, 1));
  // A row without active lanes must not be touched: it takes the address of one that has some.
  Value* safe = rows.bases[0];
  if (rows.stride == 0 && !full)
    for (unsigned n = 1; n < height; ++n)
      safe = b_.CreateSelect(any_of(row_mask(mask, n, 1)), rows.bases[n], safe);
  for (unsigned row = 0; row < height; ++row) {
    if (row != 0 && rows.same) {
      for (auto& each : parts) each.push_back(each.front());
      continue;
    }
    Value* const lanes = rows.same ? merged : row_mask(mask, row, 1);
    if (rows.stride == 0) {
      Value* const at =
          full ? rows.bases[row] : b_.CreateSelect(any_of(lanes), rows.bases[row], safe);
      for (unsigned n = 0; n < count; ++n) {
        Value* const address = b_.CreateAdd(at, b_.getInt64(static_cast<std::uint64_t>(n * size)));
        Value* const value = b_.CreateAlignedLoad(type, pointer(address), llvm::Align(1));
        parts[n].push_back(b_.CreateVectorSplat(width, value));
      }
    } else if (rows.stride == size * count) {
      Value* const all = load_row(rows.bases[row], rows.stride, type, count, lanes, full);
      for (unsigned n = 0; n < count; ++n) {
        std::vector<int> picks;
        for (unsigned k = 0; k < width; ++k) picks.push_back(static_cast<int>(k * count + n));
        parts[n].push_back(count == 1 ? all : b_.CreateShuffleVector(all, picks));
      }
    } else {
      return gather_rows(rows, type, count, mask);
    }
  }
  std::vector<Value*> values;
  for (const auto& each : parts) values.push_back(concat(each));
  return values;
}

/// A loop's loads of global memory, which are mostly further on each time.
bool Generator::goes_through_memory() const {
  return code_.blocks[current_].loop >= 0 && code_.insts[at_].space == Space::global;
}

/// Fetches the row after one that a loop loads. It is mostly the next warp's, whose turn comes when
/// this one's loop has ended: a loop that goes through memory in the grid's strides would else have
/// no two lines in a page to tell the processor's own prefetcher where it is going.
void Generator::ahead(Value* base, std::uint64_t bytes) {
  constexpr std::uint64_t kLine = 64;
  constexpr std::uint64_t kLongest = 2 * kLine;
  constexpr std::uint32_t kRead = 0, kIntoL2 = 2, kData = 1;
  if (!goes_through_memory() || analysis_.block.rows() != 1 || bytes < kLine || bytes > kLongest)
    return;
  for (std::uint64_t line = 0; line < bytes; line += kLine)
    b_.CreateIntrinsic(b_.getVoidTy(), llvm::Intrinsic::prefetch,
                       {pointer(b_.CreateAdd(base, b_.getInt64(bytes + line))), b_.getInt32(kRead),
                        b_.getInt32(kIntoL2), b_.getInt32(kData)});
}

/// `count` elements for each lane of a row, which lie side by side.
Value* Generator::load_row(Value* base, std::int64_t stride, llvm::Type* type, unsigned count,
                           Value* mask, bool full) {
  static_cast<void>(stride);
  const unsigned width = analysis_.block.row() * count;
  auto* const whole = llvm::FixedVectorType::get(type, width);
  ahead(base, width * type->getIntegerBitWidth() / 8);
  if (full) return b_.CreateAlignedLoad(whole, pointer(base), llvm::Align(1));
  Value* lanes = mask;
  if (count != 1) {
    std::vector<int> picks;
    for (unsigned n = 0; n < width; ++n) picks.push_back(static_cast<int>(n / count));
    lanes = b_.CreateShuffleVector(mask, picks);
  }
  return b_.CreateMaskedLoad(whole, pointer(base), llvm::Align(1), lanes,
                             llvm::Constant::getNullValue(whole));
}

Value* Generator::any_of(Value* lanes) { return b_.CreateOrReduce(lanes); }

/// Rows whose lanes are apart by something else than their size.
std::vector<Value*> Generator::gather_rows(const Rows& rows, llvm::Type* type, unsigned count,
                                           Value* mask) {
  const unsigned width = analysis_.block.row();
  std::vector<Value*> parts;
  for (Value* base : rows.bases) {
    std::vector<llvm::Constant*> offsets;
    for (unsigned n = 0; n < width; ++n)
      offsets.push_back(b_.getInt64(static_cast<std::uint64_t>(rows.stride) * n));
    parts.push_back(
        b_.CreateAdd(b_.CreateVectorSplat(width, base), llvm::ConstantVector::get(offsets)));
  }
  return gather(concat(parts), type, count, mask);
}

std::vector<Value*> Generator::gather(Value* addresses, llvm::Type* type, unsigned count,
                                      Value* mask) {
  const std::uint64_t size = type->getIntegerBitWidth() / 8;
  std::vector<Value*> values;
  for (unsigned n = 0; n < count; ++n) {
    Value* const at = n == 0 ? addresses : b_.CreateAdd(addresses, splat(b_.getInt64(n * size)));
    llvm::CallInst* const gathered = b_.CreateMaskedGather(
        wide(type), pointer(at), llvm::Align(1), mask, llvm::Constant::getNullValue(wide(type)));
    if (goes_through_memory()) gathered->setMetadata(kAhead, llvm::MDNode::get(context_, {}));
    values.push_back(gathered);
  }
  return values;
}

}  // namespace vgpu::jit
