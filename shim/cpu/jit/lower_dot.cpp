#include <llvm/IR/Intrinsics.h>
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

/// A factor: its register, and whether its parts have a sign.
struct Factor {
  Value* value;
  bool with_sign;
};

/// Part `index` of `bits` bits, extended to 32.
Value* part_of(Emit& e, const Factor& factor, unsigned bits, unsigned index) {
  Value* top = e.b.CreateShl(factor.value, num(factor.value, 32 - bits * (index + 1)));
  Value* down = num(factor.value, 32 - bits);
  return factor.with_sign ? e.b.CreateAShr(top, down) : e.b.CreateLShr(top, down);
}

/// sum + the four products of bytes, with VNNI's unsigned-by-signed instruction.
Value* by_vnni(Emit& e, Factor a, Factor b, Value* sum) {
  const auto dot = [&](Value* acc, Value* without_sign, Value* with_sign) {
    return by_pieces(e, 512, {acc, without_sign, with_sign}, [&](llvm::ArrayRef<Value*> parts) {
      return e.b.CreateIntrinsic(intrinsic::x86_avx512_vpdpbusd_512, {}, parts);
    });
  };
  constexpr std::uint64_t kSigns = 0x80808080u;
  Value* zero = num(sum, 0);
  if (a.with_sign && b.with_sign) {
    // a + 128 is a's bits with the sign flipped; 128 times the sum of b comes off again.
    Value* excess = dot(zero, num(sum, kSigns), b.value);
    return dot(e.b.CreateSub(sum, excess), e.b.CreateXor(a.value, num(sum, kSigns)), b.value);
  }
  if (!a.with_sign && !b.with_sign) {
    Value* lack = e.b.CreateShl(dot(zero, a.value, num(sum, 0x01010101u)), num(sum, 7));
    return dot(e.b.CreateAdd(sum, lack), a.value, e.b.CreateXor(b.value, num(sum, kSigns)));
  }
  return a.with_sign ? dot(sum, b.value, a.value) : dot(sum, a.value, b.value);
}

/// The same from products of 16-bit pairs.
Value* by_pairs(Emit& e, Factor a, Factor b, Value* sum) {
  llvm::Type* halves = llvm::FixedVectorType::get(e.b.getInt16Ty(), 2 * kWarpSize);
  const auto bytes = [&](const Factor& factor, bool odd) {
    Value* value = e.b.CreateBitCast(factor.value, halves);
    if (!odd) value = e.b.CreateShl(value, num(value, 8));
    return factor.with_sign ? e.b.CreateAShr(value, num(value, 8))
                            : e.b.CreateLShr(value, num(value, 8));
  };
  const bool wide = e.features().avx512bw;
  for (const bool odd : {false, true}) {
    Value* products = by_pieces(
        e, wide ? 512 : 256, {bytes(a, odd), bytes(b, odd)}, [&](llvm::ArrayRef<Value*> parts) {
          return e.b.CreateIntrinsic(
              wide ? intrinsic::x86_avx512_pmaddw_d_512 : intrinsic::x86_avx2_pmadd_wd, {}, parts);
        });
    sum = e.b.CreateAdd(sum, products);
  }
  return sum;
}

}  // namespace

void lower_dp4a(Emit& e) {
  const Factor a{e.src(1, Type::b32), is_signed(type_at(e, 0))};
  const Factor b{e.src(2, Type::b32), is_signed(type_at(e, 1))};
  Value* sum = e.src(3, Type::b32);
  if (!e.uniform() && e.features().avx512_vnni) return e.dst(0, by_vnni(e, a, b, sum), Type::b32);
  if (!e.uniform() && e.features().avx2) return e.dst(0, by_pairs(e, a, b, sum), Type::b32);
  for (unsigned byte = 0; byte < 4; ++byte)
    sum = e.b.CreateAdd(sum, e.b.CreateMul(part_of(e, a, 8, byte), part_of(e, b, 8, byte)));
  e.dst(0, sum, Type::b32);
}

void lower_dp2a(Emit& e) {
  const Factor a{e.src(1, Type::b32), is_signed(type_at(e, 0))};
  const Factor b{e.src(2, Type::b32), is_signed(type_at(e, 1))};
  Value* sum = e.src(3, Type::b32);
  const unsigned first = e.i.has(Mod::hi_) ? 2 : 0;
  for (unsigned n = 0; n < 2; ++n)
    sum = e.b.CreateAdd(sum, e.b.CreateMul(part_of(e, a, 16, n), part_of(e, b, 8, first + n)));
  e.dst(0, sum, Type::b32);
}

}  // namespace vgpu::jit
