#include <optional>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_half.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::CmpInst;
using llvm::Value;
using ptx::Mod;
using ptx::Type;

namespace {

/// A comparison operator on signed, unsigned and floating-point numbers.
struct Comparison {
  Mod mod;
  CmpInst::Predicate with_sign;
  CmpInst::Predicate without_sign;
  CmpInst::Predicate real;
};

constexpr CmpInst::Predicate kNone = CmpInst::BAD_ICMP_PREDICATE;

// Source: PTX ISA, 9.3.1. lo, ls, hi, hs are for unsigned integers; ..u are true for NaN.
constexpr Comparison kComparisons[] = {
    {Mod::eq_, CmpInst::ICMP_EQ, CmpInst::ICMP_EQ, CmpInst::FCMP_OEQ},
    {Mod::ne_, CmpInst::ICMP_NE, CmpInst::ICMP_NE, CmpInst::FCMP_ONE},
    {Mod::lt_, CmpInst::ICMP_SLT, CmpInst::ICMP_ULT, CmpInst::FCMP_OLT},
    {Mod::le_, CmpInst::ICMP_SLE, CmpInst::ICMP_ULE, CmpInst::FCMP_OLE},
    {Mod::gt_, CmpInst::ICMP_SGT, CmpInst::ICMP_UGT, CmpInst::FCMP_OGT},
    {Mod::ge_, CmpInst::ICMP_SGE, CmpInst::ICMP_UGE, CmpInst::FCMP_OGE},
    {Mod::lo_, CmpInst::ICMP_ULT, CmpInst::ICMP_ULT, kNone},
    {Mod::ls_, CmpInst::ICMP_ULE, CmpInst::ICMP_ULE, kNone},
    {Mod::hi_, CmpInst::ICMP_UGT, CmpInst::ICMP_UGT, kNone},
    {Mod::hs_, CmpInst::ICMP_UGE, CmpInst::ICMP_UGE, kNone},
    {Mod::equ_, kNone, kNone, CmpInst::FCMP_UEQ},
    {Mod::neu_, kNone, kNone, CmpInst::FCMP_UNE},
    {Mod::ltu_, kNone, kNone, CmpInst::FCMP_ULT},
    {Mod::leu_, kNone, kNone, CmpInst::FCMP_ULE},
    {Mod::gtu_, kNone, kNone, CmpInst::FCMP_UGT},
    {Mod::geu_, kNone, kNone, CmpInst::FCMP_UGE},
    {Mod::num_, kNone, kNone, CmpInst::FCMP_ORD},
    {Mod::nan_, kNone, kNone, CmpInst::FCMP_UNO},
};

const Comparison& comparison_of(Emit& e) {
  for (const Mod mod : e.i.mods)
    for (const Comparison& row : kComparisons)
      if (row.mod == mod) return row;
  e.unsupported("no comparison");
}

/// Source `index` as numbers that compare as `type` does.
Value* comparable(Emit& e, unsigned index, Type type) {
  switch (family_of(type)) {
    case Family::half:
      return from_bits(e, flush_half(e, read(e, index, type)), e.b.getHalfTy());
    case Family::bfloat:
      return widen_half(e, read(e, index, type), true);
    case Family::single:
    case Family::wide:
      return flush(e, e.src(index, type));
    case Family::integer:
      break;
  }
  return e.src(index, type);
}

/// One i1 an element: two a lane for packed types.
Value* compare(Emit& e, unsigned index, Type type) {
  const Comparison& row = comparison_of(e);
  const bool integer = family_of(type) == Family::integer;
  const CmpInst::Predicate predicate =
      !integer ? row.real : (is_signed(type) ? row.with_sign : row.without_sign);
  if (predicate == kNone) e.unsupported("this comparison on this type");
  Value* a = comparable(e, index, type);
  Value* b = comparable(e, index + 1, type);
  return integer ? e.b.CreateICmp(predicate, a, b) : e.b.CreateFCmp(predicate, a, b);
}

/// The .and, .or or .xor that joins the result with the predicate source.
std::optional<Mod> join_of(const ptx::Instruction& i) {
  for (const Mod mod : i.mods)
    if (mod == Mod::and_ || mod == Mod::or_ || mod == Mod::xor_) return mod;
  return std::nullopt;
}

Value* join(Emit& e, std::optional<Mod> how, Value* result, Value* other) {
  if (!how) return result;
  if (*how == Mod::and_) return e.b.CreateAnd(result, other);
  return *how == Mod::or_ ? e.b.CreateOr(result, other) : e.b.CreateXor(result, other);
}

/// Element `part` (0 or 1) of every lane of a packed comparison.
Value* half_of(Emit& e, Value* pairs, unsigned part) {
  if (e.uniform()) return e.b.CreateExtractElement(pairs, std::uint64_t{part});
  llvm::SmallVector<int, kWarpSize> picks;
  for (unsigned lane = 0; lane < kWarpSize; ++lane)
    picks.push_back(static_cast<int>(2 * lane + part));
  return e.b.CreateShuffleVector(pairs, picks);
}

/// Every lane's i1 twice.
Value* doubled(Emit& e, Value* lanes) {
  if (e.uniform()) return e.b.CreateVectorSplat(2, lanes);
  llvm::SmallVector<int, 2 * kWarpSize> picks;
  for (unsigned at = 0; at < 2 * kWarpSize; ++at) picks.push_back(static_cast<int>(at / 2));
  return e.b.CreateShuffleVector(lanes, picks);
}

}  // namespace

void lower_setp(Emit& e) {
  const Type type = type_at(e);
  const std::optional<Mod> how = join_of(e.i);
  const unsigned sources = how ? 3 : 2;
  const auto count = static_cast<unsigned>(e.i.operands.size());
  if (count < sources + 1) e.unsupported("too few operands");
  const unsigned first = count - sources;
  Value* result = compare(e, first, type);
  Value* other = how ? e.src(first + 2, Type::pred) : nullptr;
  // The second predicate is the upper element of a packed type, else the opposite.
  Value* opposite = is_packed(type) ? half_of(e, result, 1) : e.b.CreateNot(result);
  if (is_packed(type)) result = half_of(e, result, 0);
  e.dst(0, join(e, how, result, other), Type::pred);
  if (first == 2) e.dst(1, join(e, how, opposite, other), Type::pred);
}

void lower_set(Emit& e) {
  const Type to = type_at(e, 0);
  const Type from = type_at(e, 1);
  const std::optional<Mod> how = join_of(e.i);
  const bool bits = to == Type::u32 || to == Type::s32;
  if (is_packed(from) ? to != from && !bits : is_packed(to)) e.unsupported("these two types");
  Value* result = compare(e, 1, from);
  if (how) {
    Value* other = e.src(3, Type::pred);
    result = join(e, how, result, is_packed(from) ? doubled(e, other) : other);
  }
  switch (family_of(to)) {
    case Family::half:
    case Family::bfloat: {
      llvm::Type* half = int_like(result, 16);
      const std::uint64_t one = family_of(to) == Family::half ? 0x3c00 : 0x3f80;
      return write(e, 0, e.b.CreateSelect(result, num(half, one), num(half, 0)), to);
    }
    case Family::single:
      return e.dst(0, e.b.CreateUIToFP(result, e.type(to)), to);
    case Family::wide:
    case Family::integer:
      break;
  }
  // Integers get all ones; those of a pair 16 bits each.
  if (!is_packed(from)) return e.dst(0, e.b.CreateSExt(result, e.type(to)), to);
  e.dst(0, e.b.CreateBitCast(e.b.CreateSExt(result, int_like(result, 16)), e.type(Type::b32)),
        Type::b32);
}

namespace {

/// What is chosen unchanged is read as bits where LLVM's own type is of no use; numbers stay what
/// they are, since a decimal constant means something else in each type.
Type chosen(Type type) {
  return family_of(type) == Family::half || family_of(type) == Family::bfloat
             ? bits_type(ptx::size_of(type))
             : type;
}

}  // namespace

void lower_selp(Emit& e) {
  const Type type = chosen(type_at(e));
  e.dst(0, e.b.CreateSelect(e.src(3, Type::pred), e.src(1, type), e.src(2, type)), type);
}

void lower_slct(Emit& e) {
  const Type type = chosen(type_at(e, 0));
  const Type by = type_at(e, 1);
  Value* c = e.src(3, by);
  Value* first = by == Type::f32 ? e.b.CreateFCmpOGE(flush(e, c), real(c, 0.0))
                                 : e.b.CreateICmpSGE(c, num(c, 0));
  e.dst(0, e.b.CreateSelect(first, e.src(1, type), e.src(2, type)), type);
}

}  // namespace vgpu::jit
