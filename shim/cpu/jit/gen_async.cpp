// cp.async: copies to shared memory behind the kernel's back. A copy is allowed to be over as soon
// as it was asked for, and here it always is: groups and waits have nothing left to do.

#include <llvm/IR/Constants.h>

#include "shim/cpu/jit/generator.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Operand;

namespace {

constexpr unsigned kWord = 4;

/// What stays of a word when only `left` bytes from its beginning on are copied, as a mask.
Value* kept_bits(llvm::IRBuilder<>& b, Value* left) {
  const auto number = [&](std::uint64_t value) {
    return llvm::ConstantInt::get(left->getType(), value);
  };
  Value* const ones = number(0xffffffff);
  Value* const some = b.CreateNot(b.CreateShl(ones, b.CreateShl(left, number(3))));
  Value* const whole = b.CreateSelect(b.CreateICmpSGE(left, number(kWord)), ones, some);
  return b.CreateSelect(b.CreateICmpSGT(left, number(0)), whole, number(0));
}

}  // namespace

/// How many bytes each lane takes from its source, or nullptr for all: the rest becomes zero.
Value* Generator::source_bytes(const ptx::Instruction& inst, std::uint64_t size) {
  const std::size_t policy = inst.has(Mod::L2_cache_hint_) ? 1 : 0;
  if (inst.operands.size() <= 3 + policy) return nullptr;
  const Operand& given = inst.operands[3];
  if (given.kind == Operand::Kind::imm_int && static_cast<std::uint64_t>(given.value) >= size)
    return nullptr;
  const bool predicate = given.kind == Operand::Kind::reg &&
                         code_.webs[static_cast<std::size_t>(given.value)].type == ptx::Type::pred;
  if (!predicate) return vector(operand(given, ptx::Type::u32));
  // The predicate says that the source is ignored.
  Value* const ignored = vector(operand(given, ptx::Type::pred));
  return b_.CreateSelect(ignored, splat(b_.getInt32(0)),
                         splat(b_.getInt32(static_cast<std::uint32_t>(size))));
}

void Generator::copy_async(const ptx::Instruction& inst) {
  if (inst.has(Mod::bulk_)) return copy_bulk(inst);
  if (inst.has(Mod::mbarrier_)) return mbarrier(inst);
  if (inst.operands.size() < 3) return;  // groups and waits
  const auto size = static_cast<std::uint64_t>(inst.operands[2].value);
  const bool known = size == 16 || ((size == 4 || size == 8) && inst.has(Mod::ca_));
  if (!known) unsupported(inst, "a copy of this size");
  ptx::Instruction source = inst;
  source.space = ptx::Space::global;
  const Lanes to = address(inst, inst.operands[0]);
  const Lanes from = address(source, inst.operands[1]);
  const auto count = static_cast<unsigned>(size / kWord);
  Value* const bytes = source_bytes(inst, size);
  Value* lanes = active(inst);
  if (bytes != nullptr) lanes = b_.CreateAnd(lanes, b_.CreateICmpNE(bytes, splat(b_.getInt32(0))));
  guard(source, inst.operands[1], size, lanes);
  auto values = load_lanes(from, b_.getInt32Ty(), count, lanes, bytes == nullptr && is_full(inst));
  for (unsigned n = 0; bytes != nullptr && n < count; ++n) {
    Value* const left = b_.CreateSub(bytes, splat(b_.getInt32(n * kWord)));
    values[n] =
        b_.CreateAnd(b_.CreateSelect(lanes, values[n], splat(b_.getInt32(0))), kept_bits(b_, left));
  }
  store_lanes(to, values, active(inst), is_full(inst));
}

}  // namespace vgpu::jit
