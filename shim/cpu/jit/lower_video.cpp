// Scalar video instructions: sums, differences, comparisons, shifts and products of bytes, halves
// or words, with a second operation or a merge. Source: PTX ISA, Scalar Video Instructions.
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Operand;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// Where a part is in its word. Units: bits.
struct PartPlace {
  unsigned shift;
  unsigned width;
};

PartPlace place_of(Operand::Part part) {
  constexpr PartPlace kPlaces[] = {{0, 32}, {0, 8}, {8, 8}, {16, 8}, {24, 8}, {0, 16}, {16, 16}};
  return kPlaces[static_cast<std::size_t>(part)];
}

/// The part of source `index` that is written, extended to `bits` as its type says.
Value* source(Emit& e, unsigned index, Type type, unsigned bits = 64) {
  const PartPlace place = place_of(e.i.operands.at(index).part);
  Value* value = e.src(index, Type::u32);
  value = e.b.CreateLShr(value, num(value, place.shift));
  value = e.b.CreateTrunc(value, int_like(value, place.width));
  llvm::Type* wide = int_like(value, bits);
  return is_signed(type) ? e.b.CreateSExt(value, wide) : e.b.CreateZExt(value, wide);
}

/// Clamped to what `width` bits of the type hold.
Value* clamped(Emit& e, Value* wide, bool with_sign, unsigned width) {
  const std::uint64_t ones = width == 32 ? 0xffffffff : (std::uint64_t{1} << width) - 1;
  const unsigned bits = wide->getType()->getScalarSizeInBits();
  const llvm::APInt least = with_sign ? ~llvm::APInt(bits, ones >> 1) : llvm::APInt(bits, 0);
  const llvm::APInt largest(bits, with_sign ? ones >> 1 : ones);
  wide = binary(e, intrinsic::smax, wide, llvm::ConstantInt::get(wide->getType(), least));
  return binary(e, intrinsic::smin, wide, llvm::ConstantInt::get(wide->getType(), largest));
}

/// The second operation with the last source, or the merge into it, as written.
void finish(Emit& e, Value* wide, Type type) {
  const PartPlace place = place_of(e.i.operands[0].part);
  if (e.i.has(Mod::sat_)) wide = clamped(e, wide, is_signed(type), place.width);
  Value* value = e.b.CreateTrunc(wide, e.type(type));
  const bool has_second = e.i.has(Mod::add_) || e.i.has(Mod::min_) || e.i.has(Mod::max_);
  const bool merges = place.width != 32;
  if (has_second && merges) e.unsupported("a second operation and a merge");
  if ((has_second || merges) != (e.i.operands.size() == 4)) e.unsupported("its third source");
  if (!has_second && !merges) return e.dst(0, value, type);
  Value* third = e.src(3, type);
  if (merges) {
    const std::uint64_t ones = ((std::uint64_t{1} << place.width) - 1) << place.shift;
    Value* kept = e.b.CreateAnd(third, num(third, ~ones & 0xffffffff));
    Value* part = e.b.CreateAnd(e.b.CreateShl(value, num(value, place.shift)), num(value, ones));
    return e.dst(0, e.b.CreateOr(kept, part), type);
  }
  if (e.i.has(Mod::add_)) return e.dst(0, e.b.CreateAdd(value, third), type);
  const bool with_sign = is_signed(type);
  const intrinsic::ID id = e.i.has(Mod::min_) ? (with_sign ? intrinsic::smin : intrinsic::umin)
                                              : (with_sign ? intrinsic::smax : intrinsic::umax);
  e.dst(0, binary(e, id, value, third), type);
}

void finish(Emit& e, Value* wide) { finish(e, wide, type_at(e)); }

Value* first(Emit& e) { return source(e, 1, type_at(e, 1)); }
Value* second(Emit& e) { return source(e, 2, type_at(e, 2)); }

/// How far to shift: at most the width of a word, or modulo it.
Value* distance(Emit& e) {
  Value* count = source(e, 2, Type::u32);
  return e.i.has(Mod::clamp_) ? at_most(e, count, 32) : e.b.CreateAnd(count, num(count, 31));
}

}  // namespace

void lower_vadd(Emit& e) { finish(e, e.b.CreateAdd(first(e), second(e))); }

void lower_vsub(Emit& e) { finish(e, e.b.CreateSub(first(e), second(e))); }

void lower_vabsdiff(Emit& e) {
  Value* difference = e.b.CreateSub(first(e), second(e));
  finish(e, e.b.CreateIntrinsic(intrinsic::abs, {difference->getType()},
                                {difference, e.b.getFalse()}));
}

void lower_vmin(Emit& e) { finish(e, binary(e, intrinsic::smin, first(e), second(e))); }

void lower_vmax(Emit& e) { finish(e, binary(e, intrinsic::smax, first(e), second(e))); }

void lower_vshl(Emit& e) {
  Value* value = source(e, 1, type_at(e, 1), 128);  // room for all that .sat looks at
  finish(e, e.b.CreateShl(value, e.b.CreateZExt(distance(e), value->getType())));
}

void lower_vshr(Emit& e) {
  Value* value = first(e);
  finish(e, e.b.CreateAShr(value, distance(e)));  // what has no sign is positive
}

void lower_vset(Emit& e) {
  Value* a = source(e, 1, type_at(e, 0));
  Value* b = source(e, 2, type_at(e, 1));
  const auto compare = [&](llvm::CmpInst::Predicate predicate) {
    return e.b.CreateZExt(e.b.CreateICmp(predicate, a, b), a->getType());
  };
  const llvm::CmpInst::Predicate predicate = e.i.has(Mod::eq_)   ? llvm::CmpInst::ICMP_EQ
                                             : e.i.has(Mod::ne_) ? llvm::CmpInst::ICMP_NE
                                             : e.i.has(Mod::lt_) ? llvm::CmpInst::ICMP_SLT
                                             : e.i.has(Mod::le_) ? llvm::CmpInst::ICMP_SLE
                                             : e.i.has(Mod::gt_) ? llvm::CmpInst::ICMP_SGT
                                                                 : llvm::CmpInst::ICMP_SGE;
  finish(e, compare(predicate), Type::u32);
}

void lower_vmad(Emit& e) {
  constexpr unsigned kBits = 128;  // more than a product of two words and a third
  const auto& ops = e.i.operands;
  const bool negative = ops[1].negated != ops[2].negated;
  const bool with_sign =
      is_signed(type_at(e, 1)) || is_signed(type_at(e, 2)) || negative || ops[3].negated;
  if (ops[0].part != Operand::Part::all) e.unsupported("a merge");
  if (e.i.has(Mod::po_) && (negative || ops[3].negated)) e.unsupported(".po and a negation");
  if (negative && ops[3].negated) e.unsupported("two negations");
  Value* product =
      e.b.CreateMul(source(e, 1, type_at(e, 1), kBits), source(e, 2, type_at(e, 2), kBits));
  Value* third = source(e, 3, with_sign ? Type::s32 : Type::u32, kBits);
  if (negative) product = e.b.CreateNeg(product);
  if (ops[3].negated) third = source(e, 3, Type::s32, kBits), third = e.b.CreateNeg(third);
  Value* sum = e.b.CreateAdd(product, third);
  if (e.i.has(Mod::po_)) sum = e.b.CreateAdd(sum, num(sum, 1));
  if (e.i.has(Mod::shr7_)) sum = e.b.CreateAShr(sum, num(sum, 7));
  if (e.i.has(Mod::shr15_)) sum = e.b.CreateAShr(sum, num(sum, 15));
  if (e.i.has(Mod::sat_)) sum = clamped(e, sum, with_sign, 32);
  e.dst(0, e.b.CreateTrunc(sum, e.type(type_at(e))), type_at(e));
}

}  // namespace vgpu::jit
