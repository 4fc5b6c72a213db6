#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/inst_emit.h"
#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_half.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using llvm::AtomicRMWInst;
using llvm::Value;
using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;

namespace {

bool is_float(ptx::Type type) { return type == ptx::Type::f32 || type == ptx::Type::f64; }

/// LLVM's own read-modify-write for the operation, or BAD_BINOP.
AtomicRMWInst::BinOp rmw_of(const ptx::Instruction& inst) {
  const bool with_sign = is_signed(inst.types.at(0));
  if (inst.has(Mod::add_))
    return is_float(inst.types[0]) ? AtomicRMWInst::FAdd : AtomicRMWInst::Add;
  if (inst.has(Mod::exch_)) return AtomicRMWInst::Xchg;
  if (inst.has(Mod::and_)) return AtomicRMWInst::And;
  if (inst.has(Mod::or_)) return AtomicRMWInst::Or;
  if (inst.has(Mod::xor_)) return AtomicRMWInst::Xor;
  if (inst.has(Mod::min_)) return with_sign ? AtomicRMWInst::Min : AtomicRMWInst::UMin;
  if (inst.has(Mod::max_)) return with_sign ? AtomicRMWInst::Max : AtomicRMWInst::UMax;
  if (inst.has(Mod::inc_)) return AtomicRMWInst::UIncWrap;
  if (inst.has(Mod::dec_)) return AtomicRMWInst::UDecWrap;
  return AtomicRMWInst::BAD_BINOP;
}

/// The type that the operation's data travels as: halves are bits.
ptx::Type data_type(ptx::Type type) {
  const Family family = family_of(type);
  return family == Family::half || family == Family::bfloat ? bits_type(ptx::size_of(type)) : type;
}

}  // namespace

/// atom and red: one lane after the other, from the lowest; of a vector, one element after the
/// other, each for itself.
void Generator::atomic(const ptx::Instruction& inst) {
  const bool returns = inst.op == Opcode::atom_;
  const unsigned at = returns ? 1 : 0;
  const bool cas = inst.has(Mod::cas_);
  yield_turn();
  if (inst.has(Mod::async_)) unsupported(inst, "asynchronous reductions");
  if (inst.types.size() != 1 || (!cas && rmw_of(inst) == AtomicRMWInst::BAD_BINOP))
    unsupported(inst, "this atomic operation");
  const ptx::Type type = data_type(inst.types[0]);
  llvm::Type* const scalar = emit_type(type);
  guard(inst, inst.operands[at]);
  const Lanes where = address(inst, inst.operands[at]);
  const Operand& given = inst.operands.at(at + 1);
  const unsigned count = elements(inst);
  if (!returns && count == 1 && reduce_uniform(inst, where, operand(given, type))) return;
  Value* const addresses = spill(vector(where));
  const auto part = [&](const Operand& whole, unsigned n) -> const Operand& {
    return whole.kind == Operand::Kind::vector ? whole.elements.at(n) : whole;
  };
  for (unsigned n = 0; n < count; ++n) {
    Value* const a = spill(vector(operand(part(given, n), type)));
    Value* const c = cas ? spill(vector(operand(inst.operands.at(at + 2), type))) : nullptr;
    Value* const results = returns ? spill(llvm::Constant::getNullValue(wide(scalar))) : nullptr;
    for_each_lane(active(inst), [&](Value* lane) {
      Value* const place = b_.CreateAdd(spilled(addresses, b_.getInt64Ty(), lane),
                                        b_.getInt64(std::uint64_t{n} * ptx::size_of(type)));
      Value* const old = atomic_once(inst, place, spilled(a, scalar, lane),
                                     cas ? spilled(c, scalar, lane) : nullptr);
      if (returns) b_.CreateStore(old, spilled_at(results, scalar, lane));
    });
    const Operand& to = part(inst.operands[0], n);
    if (!returns || to.kind != Operand::Kind::reg) continue;
    const ptx::Type own = code_.webs[static_cast<std::size_t>(to.value)].type;
    Value* const all = b_.CreateLoad(wide(scalar), results);
    write(to.value, {Shape::varying(), to_storage(all, type, own), nullptr, nullptr}, inst);
  }
}

/// One lane's operation; returns what was there.
Value* Generator::atomic_once(const ptx::Instruction& inst, Value* address, Value* a, Value* c) {
  Value* const at = pointer(address);
  const llvm::Align align(std::max<unsigned>(ptx::size_of(inst.types[0]), 1));
  const bool halves = data_type(inst.types[0]) != inst.types[0];
  // The threads of a block run on one thread of the host: nothing can come between.
  if (inst.space == ptx::Space::shared) {
    Value* const old = b_.CreateAlignedLoad(a->getType(), at, align);
    b_.CreateAlignedStore(combine(inst, old, a, c), at, align);
    return old;
  }
  if (c != nullptr) {
    Value* const pair =
        b_.CreateAtomicCmpXchg(at, a, c, align, llvm::AtomicOrdering::SequentiallyConsistent,
                               llvm::AtomicOrdering::SequentiallyConsistent);
    return b_.CreateExtractValue(pair, 0);
  }
  if (halves) return exchange(inst, at, a, align);
  // On global memory .f32 flushes subnormals whatever the rest of the kernel does.
  if (inst.types[0] == ptx::Type::f32 && inst.has(Mod::add_)) {
    Value* const old = exchange(inst, at, b_.CreateBitCast(a, b_.getInt32Ty()), align);
    return b_.CreateBitCast(old, a->getType());
  }
  return b_.CreateAtomicRMW(rmw_of(inst), at, a, align,
                            llvm::AtomicOrdering::SequentiallyConsistent);
}

/// An operation that the processor has not, on bits: tried again until nobody came between.
Value* Generator::exchange(const ptx::Instruction& inst, Value* at, Value* a, llvm::Align align) {
  llvm::BasicBlock* const before = b_.GetInsertBlock();
  llvm::BasicBlock* const loop = llvm::BasicBlock::Create(context_, "retry", function_);
  llvm::BasicBlock* const done = llvm::BasicBlock::Create(context_, "exchanged", function_);
  Value* const first = b_.CreateAlignedLoad(a->getType(), at, align, true);
  b_.CreateBr(loop);
  b_.SetInsertPoint(loop);
  llvm::PHINode* const old = b_.CreatePHI(a->getType(), 2);
  old->addIncoming(first, before);
  const bool single = inst.types[0] == ptx::Type::f32;
  Value* const result = single ? flushed_sum(inst, old, a) : combine_halves(inst, old, a);
  Value* const pair =
      b_.CreateAtomicCmpXchg(at, old, result, align, llvm::AtomicOrdering::SequentiallyConsistent,
                             llvm::AtomicOrdering::SequentiallyConsistent);
  old->addIncoming(b_.CreateExtractValue(pair, 0), b_.GetInsertBlock());
  b_.CreateCondBr(b_.CreateExtractValue(pair, 1), done, loop);
  b_.SetInsertPoint(done);
  return old;
}

Value* Generator::flushed_sum(const ptx::Instruction& inst, Value* a, Value* b) {
  InstEmit emit(*this, inst, true);
  const auto read = [&](Value* bits) {
    return flush_always(emit, b_.CreateBitCast(bits, b_.getFloatTy()));
  };
  return b_.CreateBitCast(flush_always(emit, b_.CreateFAdd(read(a), read(b))), a->getType());
}

/// add, min or max of one f16 or bf16, or of each of a pair, as bits.
Value* Generator::combine_halves(const ptx::Instruction& inst, Value* old, Value* a) {
  InstEmit emit(*this, inst, true);
  const bool bfloat = family_of(inst.types[0]) == Family::bfloat;
  llvm::Type* const i16 = b_.getInt16Ty();
  const auto one = [&](Value* x, Value* y) -> Value* {
    Value* const wide_x = widen_half(emit, x, bfloat);
    Value* const wide_y = widen_half(emit, y, bfloat);
    if (inst.has(Mod::add_))
      return narrow_half(emit, b_.CreateFAdd(wide_x, wide_y), bfloat, Rounding::nearest);
    // As min and max do: a NaN loses, and -0 is less than +0.
    const bool least = inst.has(Mod::min_);
    Value* const better =
        least ? b_.CreateFCmpOLT(wide_x, wide_y) : b_.CreateFCmpOGT(wide_x, wide_y);
    Value* const joined = least ? b_.CreateOr(x, y) : b_.CreateAnd(x, y);
    Value* const y_nan = is_nan(emit, wide_y);
    Value* picked = b_.CreateSelect(b_.CreateOr(better, y_nan), x, y);
    picked = b_.CreateSelect(b_.CreateFCmpOEQ(wide_x, wide_y), joined, picked);
    Value* const none = b_.CreateAnd(is_nan(emit, wide_x), y_nan);
    return b_.CreateSelect(none, b_.getInt16(0x7fff), picked);
  };
  if (!is_packed(inst.types[0])) return one(old, a);
  const auto high = [&](Value* pair) { return b_.CreateTrunc(b_.CreateLShr(pair, 16), i16); };
  Value* const low = one(b_.CreateTrunc(old, i16), b_.CreateTrunc(a, i16));
  Value* const upper = b_.CreateZExt(one(high(old), high(a)), old->getType());
  return b_.CreateOr(b_.CreateShl(upper, 16), b_.CreateZExt(low, old->getType()));
}

/// What an atomic operation leaves in memory.
Value* Generator::combine(const ptx::Instruction& inst, Value* old, Value* a, Value* c) {
  if (c != nullptr) return b_.CreateSelect(b_.CreateICmpEQ(old, a), c, old);
  if (data_type(inst.types[0]) != inst.types[0]) return combine_halves(inst, old, a);
  const auto pick = [&](llvm::CmpInst::Predicate p) {
    return b_.CreateSelect(b_.CreateICmp(p, old, a), old, a);
  };
  Value* const one =
      a->getType()->isIntegerTy() ? llvm::ConstantInt::get(a->getType(), 1) : nullptr;
  Value* const zero = llvm::Constant::getNullValue(a->getType());
  switch (rmw_of(inst)) {
    case AtomicRMWInst::FAdd:
      return b_.CreateFAdd(old, a);
    case AtomicRMWInst::Add:
      return b_.CreateAdd(old, a);
    case AtomicRMWInst::Xchg:
      return a;
    case AtomicRMWInst::And:
      return b_.CreateAnd(old, a);
    case AtomicRMWInst::Or:
      return b_.CreateOr(old, a);
    case AtomicRMWInst::Xor:
      return b_.CreateXor(old, a);
    case AtomicRMWInst::Min:
      return pick(llvm::CmpInst::ICMP_SLT);
    case AtomicRMWInst::Max:
      return pick(llvm::CmpInst::ICMP_SGT);
    case AtomicRMWInst::UMin:
      return pick(llvm::CmpInst::ICMP_ULT);
    case AtomicRMWInst::UMax:
      return pick(llvm::CmpInst::ICMP_UGT);
    case AtomicRMWInst::UIncWrap:
      return b_.CreateSelect(b_.CreateICmpUGE(old, a), zero, b_.CreateAdd(old, one));
    case AtomicRMWInst::UDecWrap:
      return b_.CreateSelect(b_.CreateOr(b_.CreateICmpEQ(old, zero), b_.CreateICmpUGT(old, a)), a,
                             b_.CreateSub(old, one));
    default:
      unsupported(inst, "this atomic operation");
  }
}

/// A reduction of all lanes into one place needs one atomic operation a warp.
bool Generator::reduce_uniform(const ptx::Instruction& inst, const Lanes& where,
                               const Lanes& data) {
  const bool plain = data_type(inst.types[0]) == inst.types[0];
  if (!where.shape.is_uniform() || !plain || !emit_type(inst.types[0])->isIntegerTy()) return false;
  Value* const mask = active(inst);
  const auto filled = [&](Value* neutral) {
    return b_.CreateSelect(mask, vector(data), splat(neutral));
  };
  llvm::Type* const type = emit_type(inst.types[0]);
  const unsigned width = type->getIntegerBitWidth();
  const auto number = [&](const llvm::APInt& value) { return llvm::ConstantInt::get(type, value); };
  Value* total = nullptr;
  switch (rmw_of(inst)) {
    case AtomicRMWInst::Add:
      total = b_.CreateAddReduce(filled(number(llvm::APInt(width, 0))));
      break;
    case AtomicRMWInst::Or:
      total = b_.CreateOrReduce(filled(number(llvm::APInt(width, 0))));
      break;
    case AtomicRMWInst::Xor:
      total = b_.CreateXorReduce(filled(number(llvm::APInt(width, 0))));
      break;
    case AtomicRMWInst::And:
      total = b_.CreateAndReduce(filled(number(llvm::APInt::getAllOnes(width))));
      break;
    case AtomicRMWInst::Min:
      total = b_.CreateIntMinReduce(filled(number(llvm::APInt::getSignedMaxValue(width))), true);
      break;
    case AtomicRMWInst::Max:
      total = b_.CreateIntMaxReduce(filled(number(llvm::APInt::getSignedMinValue(width))), true);
      break;
    case AtomicRMWInst::UMin:
      total = b_.CreateIntMinReduce(filled(number(llvm::APInt::getMaxValue(width))), false);
      break;
    case AtomicRMWInst::UMax:
      total = b_.CreateIntMaxReduce(filled(number(llvm::APInt::getMinValue(width))), false);
      break;
    default:
      return false;
  }
  if_any(mask, [&] { atomic_once(inst, where.base, total, nullptr); });
  return true;
}

}  // namespace vgpu::jit
