// prmt: four bytes picked from the eight of {b, a}. Source: PTX ISA, prmt.
#include <llvm/IR/Constants.h>
#include <llvm/IR/IntrinsicsX86.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_lanes.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// The selectors of a mode, 16 bits for each value of the control's two low bits.
struct Mode {
  Mod mod;
  std::uint64_t selectors;
};

constexpr Mode kModes[] = {
    {Mod::f4e_, 0x6543'5432'4321'3210}, {Mod::b4e_, 0x0123'7012'6701'5670},
    {Mod::rc8_, 0x3333'2222'1111'0000}, {Mod::ecl_, 0x3333'3222'3211'3210},
    {Mod::ecr_, 0x3210'2210'1110'0000}, {Mod::rc16_, 0x3232'1010'3232'1010},
};

Value* selector(Emit& e) {
  Value* control = e.src(3, Type::b32);
  for (const Mode& mode : kModes) {
    if (!e.i.has(mode.mod)) continue;
    llvm::Type* wide = int_like(control, 64);
    Value* at = e.b.CreateZExt(e.b.CreateAnd(control, num(control, 3)), wide);
    Value* row = e.b.CreateLShr(num(wide, mode.selectors), e.b.CreateShl(at, num(wide, 4)));
    return e.b.CreateTrunc(row, control->getType());
  }
  return control;
}

llvm::Type* bytes_type(Emit& e) {
  return llvm::FixedVectorType::get(e.b.getInt8Ty(), e.uniform() ? 4 : 4 * kWarpSize);
}

/// With a selector known now: a shuffle of bytes.
Value* by_shuffle(Emit& e, Value* a, Value* b, std::uint64_t control) {
  const unsigned total = e.uniform() ? 4 : 4 * kWarpSize;
  llvm::SmallVector<int, 4 * kWarpSize> picks;
  std::vector<llvm::Constant*> signs;
  for (unsigned at = 0; at < total; ++at) {
    const auto nibble = static_cast<unsigned>(control >> (at % 4 * 4) & 15);
    const unsigned from = at / 4 * 4 + (nibble & 3) + ((nibble & 4) != 0 ? total : 0);
    picks.push_back(static_cast<int>(from));
    signs.push_back(e.b.getInt1((nibble & 8) != 0));
  }
  Value* bytes = e.b.CreateShuffleVector(e.b.CreateBitCast(a, bytes_type(e)),
                                         e.b.CreateBitCast(b, bytes_type(e)), picks);
  if ((control & 0x8888) == 0) return bytes;
  return e.b.CreateSelect(llvm::ConstantVector::get(signs), e.b.CreateAShr(bytes, num(bytes, 7)),
                          bytes);
}

/// Byte k of each word is nibble k of the control.
Value* spread(Emit& e, Value* control) {
  Value* x = e.b.CreateAnd(control, num(control, 0xffff));
  x = e.b.CreateAnd(e.b.CreateOr(x, e.b.CreateShl(x, num(x, 8))), num(x, 0x00ff00ff));
  return e.b.CreateAnd(e.b.CreateOr(x, e.b.CreateShl(x, num(x, 4))), num(x, 0x0f0f0f0f));
}

/// The processor's byte shuffle works within 16 bytes, that is within four lanes.
Value* by_byte_shuffle(Emit& e, Value* a, Value* b, Value* control) {
  llvm::Type* bytes = bytes_type(e);
  Value* nibbles = spread(e, control);
  Value* first = e.b.CreateAnd(lane_numbers(e), num(control, 3));
  first = e.b.CreateMul(first, num(control, 0x04040404));
  Value* index = e.b.CreateAdd(e.b.CreateAnd(nibbles, num(control, 0x03030303)), first);
  index = e.b.CreateBitCast(index, bytes);
  const bool wide = e.features().avx512bw;
  const auto shuffle = [&](Value* from) {
    return by_pieces(e.b, wide ? 512 : 256, {e.b.CreateBitCast(from, bytes), index},
                     [&](llvm::ArrayRef<Value*> parts) {
                       return e.b.CreateIntrinsic(
                           wide ? intrinsic::x86_avx512_pshuf_b_512 : intrinsic::x86_avx2_pshuf_b,
                           {}, parts);
                     });
  };
  Value* which = e.b.CreateBitCast(nibbles, bytes);
  const auto bit = [&](std::uint64_t mask) {
    return e.b.CreateICmpNE(e.b.CreateAnd(which, num(which, mask)), num(which, 0));
  };
  Value* picked = e.b.CreateSelect(bit(4), shuffle(b), shuffle(a));
  return e.b.CreateSelect(bit(8), e.b.CreateAShr(picked, num(picked, 7)), picked);
}

/// Byte by byte with shifts.
Value* by_shifts(Emit& e, Value* a, Value* b, Value* control) {
  llvm::Type* wide = int_like(a, 64);
  Value* all =
      e.b.CreateOr(e.b.CreateShl(e.b.CreateZExt(b, wide), num(wide, 32)), e.b.CreateZExt(a, wide));
  Value* result = num(a, 0);
  for (unsigned byte = 0; byte < 4; ++byte) {
    Value* nibble = e.b.CreateLShr(control, num(a, std::uint64_t{4} * byte));
    Value* at = e.b.CreateShl(e.b.CreateAnd(nibble, num(a, 7)), num(a, 3));
    Value* picked = e.b.CreateTrunc(e.b.CreateLShr(all, e.b.CreateZExt(at, wide)), int_like(a, 8));
    Value* sign = e.b.CreateICmpNE(e.b.CreateAnd(nibble, num(a, 8)), num(a, 0));
    picked = e.b.CreateSelect(sign, e.b.CreateAShr(picked, num(picked, 7)), picked);
    Value* placed =
        e.b.CreateShl(e.b.CreateZExt(picked, a->getType()), num(a, std::uint64_t{8} * byte));
    result = e.b.CreateOr(result, placed);
  }
  return result;
}

}  // namespace

void lower_prmt(Emit& e) {
  Value* a = e.src(1, Type::b32);
  Value* b = e.src(2, Type::b32);
  Value* control = selector(e);
  Value* result = nullptr;
  if (const auto* known = constant_int(control))
    result = by_shuffle(e, a, b, known->getZExtValue());
  else if (!e.uniform() && e.features().avx2)
    result = by_byte_shuffle(e, a, b, control);
  else
    result = by_shifts(e, a, b, control);
  e.dst(0, e.b.CreateBitCast(result, e.type(Type::b32)), Type::b32);
}

}  // namespace vgpu::jit
