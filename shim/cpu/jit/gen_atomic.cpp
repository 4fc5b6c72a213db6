#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/generator.h"
#include "shim/cpu/jit/operands.h"

namespace vgpu::jit {

using llvm::AtomicRMWInst;
using llvm::Value;
using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;

namespace {

bool is_signed(ptx::Type type) { return type == ptx::Type::s32 || type == ptx::Type::s64; }

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

}  // namespace

/// atom and red: one lane after the other, from the lowest.
void Generator::atomic(const ptx::Instruction& inst) {
  const bool returns = inst.op == Opcode::atom_;
  const unsigned at = returns ? 1 : 0;
  const ptx::Type type = inst.types.at(0);
  const bool cas = inst.has(Mod::cas_);
  yield_turn();
  if (elements(inst) != 1 || inst.types.size() != 1) unsupported(inst, "vectors and packed pairs");
  const bool known = (is_float(type) && (inst.has(Mod::add_) || inst.has(Mod::exch_))) ||
                     (!is_float(type) && ptx::size_of(type) <= 8 && ptx::size_of(type) >= 2 &&
                      emit_type(type)->isIntegerTy() && !inst.has(Mod::noftz_));
  if (!known || (!cas && rmw_of(inst) == AtomicRMWInst::BAD_BINOP))
    unsupported(inst, "this atomic operation");
  guard(inst, inst.operands[at]);
  const Lanes where = address(inst, inst.operands[at]);
  const Lanes data = operand(inst.operands.at(at + 1), type);
  if (!returns && reduce_uniform(inst, where, data)) return;
  Value* const addresses = spill(vector(where));
  Value* const a = spill(vector(data));
  Value* const c = cas ? spill(vector(operand(inst.operands.at(at + 2), type))) : nullptr;
  Value* const results =
      returns ? spill(llvm::Constant::getNullValue(wide(emit_type(type)))) : nullptr;
  for_each_lane(active(inst), [&](Value* lane) {
    Value* const old = atomic_once(inst, spilled(addresses, b_.getInt64Ty(), lane),
                                   spilled(a, emit_type(type), lane),
                                   cas ? spilled(c, emit_type(type), lane) : nullptr);
    if (returns) b_.CreateStore(old, spilled_at(results, emit_type(type), lane));
  });
  const Operand& to = inst.operands[0];
  if (!returns || to.kind != Operand::Kind::reg) return;
  const ptx::Type own = code_.webs[static_cast<std::size_t>(to.value)].type;
  Value* const all = b_.CreateLoad(wide(emit_type(type)), results);
  write(to.value, {Shape::varying(), to_storage(all, type, own), nullptr, nullptr}, inst);
}

/// One lane's operation; returns what was there.
Value* Generator::atomic_once(const ptx::Instruction& inst, Value* address, Value* a, Value* c) {
  Value* const at = pointer(address);
  const llvm::Align align(std::max<unsigned>(ptx::size_of(inst.types[0]), 1));
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
  return b_.CreateAtomicRMW(rmw_of(inst), at, a, align,
                            llvm::AtomicOrdering::SequentiallyConsistent);
}

/// What an atomic operation leaves in memory.
Value* Generator::combine(const ptx::Instruction& inst, Value* old, Value* a, Value* c) {
  if (c != nullptr) return b_.CreateSelect(b_.CreateICmpEQ(old, a), c, old);
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
  if (!where.shape.is_uniform() || !emit_type(inst.types[0])->isIntegerTy()) return false;
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
