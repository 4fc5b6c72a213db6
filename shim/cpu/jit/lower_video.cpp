// vadd, vsub: scalar video instructions on whole words, with their second operation. GCC's
// libraries for the device use them. Source: PTX ISA, Scalar Video Instructions.
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// Source `index`, of the type that is `index`-th in the instruction, with room for a sum.
Value* wide_source(Emit& e, unsigned index) {
  const Type type = type_at(e, index);
  Value* value = e.src(index, type);
  llvm::Type* wide = int_like(value, 64);
  return is_signed(type) ? e.b.CreateSExt(value, wide) : e.b.CreateZExt(value, wide);
}

/// .sat, then the second operation, as written.
void finish(Emit& e, Value* wide) {
  const Type type = type_at(e);
  if (e.i.has(Mod::sat_)) {
    const std::uint64_t least = is_signed(type) ? ~std::uint64_t{0x7fffffff} : 0;
    const std::uint64_t largest = is_signed(type) ? 0x7fffffff : 0xffffffff;
    wide = binary(e, intrinsic::smax, wide, num(wide, least));
    wide = binary(e, intrinsic::smin, wide, num(wide, largest));
  }
  Value* value = e.b.CreateTrunc(wide, e.type(type));
  const bool has_second = e.i.has(Mod::add_) || e.i.has(Mod::min_) || e.i.has(Mod::max_);
  if (has_second != (e.i.operands.size() == 4)) e.unsupported("merging into the third source");
  if (!has_second) return e.dst(0, value, type);
  Value* third = e.src(3, type);
  if (e.i.has(Mod::add_)) return e.dst(0, e.b.CreateAdd(value, third), type);
  const bool with_sign = is_signed(type);
  const intrinsic::ID id = e.i.has(Mod::min_) ? (with_sign ? intrinsic::smin : intrinsic::umin)
                                              : (with_sign ? intrinsic::smax : intrinsic::umax);
  e.dst(0, binary(e, id, value, third), type);
}

}  // namespace

void lower_vadd(Emit& e) { finish(e, e.b.CreateAdd(wide_source(e, 1), wide_source(e, 2))); }

void lower_vsub(Emit& e) { finish(e, e.b.CreateSub(wide_source(e, 1), wide_source(e, 2))); }

}  // namespace vgpu::jit
