#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_rounding.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

Value* leading_zeros(Emit& e, Value* value) {
  return e.b.CreateIntrinsic(intrinsic::ctlz, {value->getType()}, {value, e.b.getFalse()});
}

Value* to_word(Emit& e, Value* value) { return e.b.CreateZExtOrTrunc(value, e.type(Type::u32)); }

/// Byte 0 of operand `index`, in the width of `shape`, at most `limit`.
Value* byte_field(Emit& e, unsigned index, Value* shape, std::uint64_t limit) {
  Value* word = e.src(index, Type::u32);
  Value* field = at_most(e, e.b.CreateAnd(word, num(word, 0xff)), limit);
  return e.b.CreateZExtOrTrunc(field, shape->getType());
}

/// The lowest `count` bits set, for 0 <= count <= width.
Value* low_ones(Emit& e, Value* count) {
  const unsigned bits = count->getType()->getScalarSizeInBits();
  Value* all = num(count, ~std::uint64_t{0});
  Value* some = e.b.CreateNot(e.b.CreateShl(all, count));
  return e.b.CreateSelect(e.b.CreateICmpULT(count, num(count, bits)), some, all);
}

/// value << amount or value >> amount, zero from the width on.
Value* shifted(Emit& e, Value* value, Value* amount, bool left) {
  const unsigned bits = value->getType()->getScalarSizeInBits();
  Value* moved = left ? e.b.CreateShl(value, amount) : e.b.CreateLShr(value, amount);
  Value* inside = e.b.CreateICmpULT(amount, num(amount, bits));
  return e.b.CreateSelect(inside, moved, num(value, 0));
}

}  // namespace

void lower_popc(Emit& e) {
  e.dst(0, to_word(e, unary(e, intrinsic::ctpop, e.src(1, type_at(e)))), Type::u32);
}

void lower_clz(Emit& e) { e.dst(0, to_word(e, leading_zeros(e, e.src(1, type_at(e)))), Type::u32); }

void lower_brev(Emit& e) {
  const Type type = type_at(e);
  e.dst(0, unary(e, intrinsic::bitreverse, e.src(1, type)), type);
}

void lower_bfind(Emit& e) {
  const Type type = type_at(e);
  Value* a = e.src(1, type);
  // The most significant bit that is not the sign.
  if (is_signed(type)) a = e.b.CreateXor(a, e.b.CreateAShr(a, num(a, bits_of(type) - 1)));
  Value* zeros = to_word(e, leading_zeros(e, a));
  Value* position =
      e.i.has(Mod::shiftamt_) ? zeros : e.b.CreateSub(num(zeros, bits_of(type) - 1), zeros);
  Value* none = e.b.CreateICmpEQ(zeros, num(zeros, bits_of(type)));
  e.dst(0, e.b.CreateSelect(none, num(zeros, 0xffffffffu), position), Type::u32);
}

void lower_bfe(Emit& e) {
  const Type type = type_at(e);
  const unsigned bits = bits_of(type);
  Value* a = e.src(1, type);
  if (!is_signed(type)) {
    Value* field = shifted(e, a, byte_field(e, 2, a, 255), false);
    return e.dst(0, e.b.CreateAnd(field, low_ones(e, byte_field(e, 3, a, bits))), type);
  }
  // What lies beyond the top is filled with the sign, which is then extended from the field.
  Value* field = e.b.CreateAShr(a, byte_field(e, 2, a, bits - 1));
  Value* length = byte_field(e, 3, a, bits);
  Value* empty = e.b.CreateICmpEQ(length, num(length, 0));
  Value* unused = e.b.CreateSub(num(length, bits), length);
  unused = at_most(e, unused, bits - 1);
  Value* extended = e.b.CreateAShr(e.b.CreateShl(field, unused), unused);
  e.dst(0, e.b.CreateSelect(empty, num(a, 0), extended), type);
}

void lower_bfi(Emit& e) {
  const Type type = type_at(e);
  Value* a = e.src(1, type);
  Value* b = e.src(2, type);
  Value* position = byte_field(e, 3, a, 255);
  Value* mask = shifted(e, low_ones(e, byte_field(e, 4, a, bits_of(type))), position, true);
  Value* field = e.b.CreateAnd(shifted(e, a, position, true), mask);
  e.dst(0, e.b.CreateOr(e.b.CreateAnd(b, e.b.CreateNot(mask)), field), type);
}

void lower_szext(Emit& e) {
  const Type type = type_at(e);
  Value* a = e.src(1, type);
  Value* size = e.src(2, Type::u32);
  // Source: PTX ISA, szext. .wrap takes the size modulo 32, .clamp leaves all from 32 on.
  Value* width = e.b.CreateAnd(size, num(size, 31));
  Value* kept = e.b.CreateNot(e.b.CreateShl(num(size, 0xffffffffu), width));
  Value* result = e.b.CreateAnd(a, kept);
  if (is_signed(type)) {
    Value* unused = e.b.CreateSub(num(size, 32), width);
    Value* inside = at_most(e, unused, 31);
    Value* extended = e.b.CreateAShr(e.b.CreateShl(a, inside), inside);
    result = e.b.CreateSelect(e.b.CreateICmpEQ(width, num(size, 0)), num(a, 0), extended);
  }
  if (e.i.has(Mod::clamp_))
    result = e.b.CreateSelect(e.b.CreateICmpUGE(size, num(size, 32)), a, result);
  e.dst(0, result, type);
}

void lower_bmsk(Emit& e) {
  Value* position = e.src(1, Type::u32);
  Value* width = e.src(2, Type::u32);
  Value* start = position;
  Value* count = width;
  if (e.i.has(Mod::clamp_)) {
    start = at_most(e, start, 32);
    count = at_most(e, count, 32);
  } else {
    start = e.b.CreateAnd(start, num(start, 31));
    count = e.b.CreateAnd(count, num(count, 31));
  }
  e.dst(0, shifted(e, low_ones(e, count), start, true), Type::b32);
}

namespace {

/// fns by a loop over the 32 positions. Source: PTX ISA, fns.
Value* find_nth_set(llvm::IRBuilder<>& b, std::span<Value* const> args) {
  llvm::Type* type = args[0]->getType();
  const auto constant = [&](std::uint64_t value) { return num(type, value); };
  Value* mask = args[0];
  Value* base = args[1];
  Value* offset = args[2];
  Value* found = constant(0xffffffffu);
  Value* zero = constant(0);
  Value* up = b.CreateICmpSGT(offset, zero);
  Value* wanted = b.CreateIntrinsic(intrinsic::abs, {type}, {offset, b.getFalse()});
  Value* here = b.CreateICmpEQ(offset, zero);
  Value* at_base = b.CreateAnd(b.CreateLShr(mask, b.CreateAnd(base, constant(31))), constant(1));
  Value* valid = b.CreateICmpULT(base, constant(32));
  found = b.CreateSelect(b.CreateAnd(b.CreateAnd(here, valid), b.CreateICmpNE(at_base, zero)), base,
                         found);
  Value* seen = zero;
  for (std::uint64_t step = 0; step < 32; ++step) {
    // Upwards from the base, or downwards from it.
    Value* place =
        b.CreateSelect(up, b.CreateAdd(base, constant(step)), b.CreateSub(base, constant(step)));
    Value* inside = b.CreateICmpULT(place, constant(32));
    Value* bit = b.CreateAnd(b.CreateLShr(mask, b.CreateAnd(place, constant(31))), constant(1));
    bit = b.CreateSelect(b.CreateAnd(inside, valid), bit, zero);
    seen = b.CreateAdd(seen, bit);
    Value* hit = b.CreateAnd(b.CreateICmpEQ(seen, wanted), b.CreateICmpNE(bit, zero));
    found = b.CreateSelect(b.CreateAnd(hit, b.CreateNot(here)), place, found);
  }
  return found;
}

}  // namespace

void lower_fns(Emit& e) {
  Value* mask = e.src(1, Type::b32);
  Value* base = e.src(2, Type::b32);
  Value* offset = e.src(3, Type::s32);
  e.dst(0, call_outlined(e, "fns", {mask, base, offset}, mask->getType(), find_nth_set), Type::b32);
}

}  // namespace vgpu::jit
