#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_float.h"
#include "shim/cpu/jit/lower_half.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;

namespace {

/// An element as the bits that are chosen and the number that is compared.
struct Element {
  Value* raw;
  Value* number;
};

bool is_half(Type type) {
  const Family family = family_of(type);
  return family == Family::half || family == Family::bfloat;
}

Value* number_of(Emit& e, Value* raw, Type type) {
  switch (family_of(type)) {
    case Family::half:
      return from_bits(e, raw, e.b.getHalfTy());
    case Family::bfloat:
      return widen_half(e, raw, true);
    case Family::wide:
      return from_bits(e, raw, e.b.getDoubleTy());
    case Family::single:
    case Family::integer:
      break;
  }
  return from_bits(e, raw, e.b.getFloatTy());
}

Element element(Emit& e, unsigned index, Type type) {
  Value* raw = is_half(type) ? flush_half(e, read(e, index, type))
                             : to_bits(e, flush(e, read(e, index, type)));
  return {raw, number_of(e, raw, type)};
}

std::uint64_t sign_bit(Value* raw) {
  return std::uint64_t{1} << (raw->getType()->getScalarSizeInBits() - 1);
}

Element absolute(Emit& e, const Element& x, Type type) {
  Value* raw = e.b.CreateAnd(x.raw, num(x.raw, sign_bit(x.raw) - 1));
  return {raw, number_of(e, raw, type)};
}

/// The smaller or larger; a NaN loses against a number unless .NaN; -0 is less than +0.
Element choose(Emit& e, const Element& a, const Element& b, Type type, bool maximum) {
  Value* first =
      maximum ? e.b.CreateFCmpOGT(a.number, b.number) : e.b.CreateFCmpOLT(a.number, b.number);
  Value* raw = e.b.CreateSelect(first, a.raw, b.raw);
  // Equal numbers have equal bits, but for the two zeros.
  Value* equal = e.b.CreateFCmpOEQ(a.number, b.number);
  Value* joined = maximum ? e.b.CreateAnd(a.raw, b.raw) : e.b.CreateOr(a.raw, b.raw);
  raw = e.b.CreateSelect(equal, joined, raw);
  Value* nan = num(raw, sign_bit(raw) - 1);
  Value* a_nan = is_nan(e, a.number);
  Value* b_nan = is_nan(e, b.number);
  if (e.i.has(Mod::NaN_)) {
    raw = e.b.CreateSelect(e.b.CreateOr(a_nan, b_nan), nan, raw);
  } else {
    // With a NaN the compare failed and gave b: right when a is the NaN.
    raw = e.b.CreateSelect(b_nan, e.b.CreateSelect(a_nan, nan, a.raw), raw);
  }
  return {raw, number_of(e, raw, type)};
}

}  // namespace

void min_max_float(Emit& e, Type type, bool maximum) {
  Element result = element(e, 1, type);
  Value* signs = result.raw;
  const bool absolutes = e.i.has(Mod::abs_);
  if (absolutes) result = absolute(e, result, type);
  for (unsigned index = 2; index < e.i.operands.size(); ++index) {
    Element next = element(e, index, type);
    signs = e.b.CreateXor(signs, next.raw);
    if (absolutes) next = absolute(e, next, type);
    result = choose(e, result, next, type, maximum);
  }
  Value* raw = result.raw;
  if (e.i.has(Mod::xorsign_)) {
    // A NaN stays canonical.
    Value* sign = e.b.CreateAnd(signs, num(raw, sign_bit(raw)));
    Value* number = e.b.CreateOr(raw, sign);
    raw = e.b.CreateSelect(is_nan(e, result.number), raw, number);
  }
  if (is_half(type)) return write(e, 0, raw, type);
  Value* number = number_of(e, raw, type);
  // The processor's flushing mode does not reach what only selects bits.
  const bool by_hand = e.i.has(Mod::ftz_) && e.flushes_by_mode();
  write(e, 0, by_hand ? flush_always(e, number) : number, type);
}

}  // namespace vgpu::jit
