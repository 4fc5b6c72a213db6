#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/IntrinsicsX86.h>

#include "shim/cpu/jit/finish.h"
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

// Stands for sum + the four products of signed bytes until finish_dots knows more of the factors.
constexpr const char* kSignedDot = "vgpu.dot";
constexpr std::uint64_t kSigns = 0x80808080u;

/// sum + the four products of bytes, with VNNI's unsigned-by-signed instruction.
Value* by_vnni(llvm::IRBuilder<>& b, Value* sum, Value* without_sign, Value* with_sign) {
  return by_pieces(b, 512, {sum, without_sign, with_sign}, [&](llvm::ArrayRef<Value*> parts) {
    return b.CreateIntrinsic(intrinsic::x86_avx512_vpdpbusd_512, {}, parts);
  });
}

/// The same of factors that both have signs, or both have not.
Value* by_vnni_alike(Emit& e, Factor a, Factor b, Value* sum) {
  if (a.with_sign) {
    llvm::FunctionCallee callee = e.b.GetInsertBlock()->getModule()->getOrInsertFunction(
        kSignedDot, sum->getType(), sum->getType(), sum->getType(), sum->getType());
    auto* const function = llvm::cast<llvm::Function>(callee.getCallee());
    function->setDoesNotAccessMemory();
    function->setDoesNotThrow();
    function->setWillReturn();
    return e.b.CreateCall(callee, {sum, a.value, b.value});
  }
  Value* lack =
      e.b.CreateShl(by_vnni(e.b, num(sum, 0), a.value, num(sum, 0x01010101u)), num(sum, 7));
  return by_vnni(e.b, e.b.CreateAdd(sum, lack), a.value, e.b.CreateXor(b.value, num(sum, kSigns)));
}

/// The same of signed bytes. Nibbles of quantised numbers never have their sign set.
Value* by_vnni_signed(llvm::IRBuilder<>& b, const llvm::DataLayout& layout, Value* sum, Value* x,
                      Value* y) {
  const auto is_positive = [&](Value* value) {
    return llvm::APInt(32, kSigns).isSubsetOf(llvm::computeKnownBits(value, layout).Zero);
  };
  if (is_positive(x)) return by_vnni(b, sum, x, y);
  if (is_positive(y)) return by_vnni(b, sum, y, x);
  // x + 128 is x's bits with the sign flipped; 128 times the sum of y comes off again.
  Value* excess = by_vnni(b, num(sum, 0), num(sum, kSigns), y);
  return by_vnni(b, b.CreateSub(sum, excess), b.CreateXor(x, num(sum, kSigns)), y);
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
        e.b, wide ? 512 : 256, {bytes(a, odd), bytes(b, odd)}, [&](llvm::ArrayRef<Value*> parts) {
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
  if (!e.uniform() && e.features().avx512_vnni) {
    Value* const result = a.with_sign == b.with_sign ? by_vnni_alike(e, a, b, sum)
                          : a.with_sign              ? by_vnni(e.b, sum, b.value, a.value)
                                                     : by_vnni(e.b, sum, a.value, b.value);
    return e.dst(0, result, Type::b32);
  }
  if (!e.uniform() && e.features().avx2) return e.dst(0, by_pairs(e, a, b, sum), Type::b32);
  for (unsigned byte = 0; byte < 4; ++byte)
    sum = e.b.CreateAdd(sum, e.b.CreateMul(part_of(e, a, 8, byte), part_of(e, b, 8, byte)));
  e.dst(0, sum, Type::b32);
}

void finish_dots(llvm::Function& function) {
  std::vector<llvm::CallInst*> calls;
  for (auto& inst : llvm::instructions(function))
    if (auto* const call = llvm::dyn_cast<llvm::CallInst>(&inst))
      if (const auto* const callee = call->getCalledFunction();
          callee != nullptr && callee->getName() == kSignedDot)
        calls.push_back(call);
  for (llvm::CallInst* const call : calls) {
    llvm::IRBuilder<> b(call);
    call->replaceAllUsesWith(by_vnni_signed(b, function.getDataLayout(), call->getArgOperand(0),
                                            call->getArgOperand(1), call->getArgOperand(2)));
    call->eraseFromParent();
  }
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
