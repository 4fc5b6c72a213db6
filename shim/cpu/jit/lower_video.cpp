// vadd, vsub: scalar video instructions on whole words, with their second operation. GCC's
// libraries for the device use them. Source: PTX ISA, Scalar Video Instructions.
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
namespace intrinsic = llvm::Intrinsic;

namespace {

/// Without .sat everything is modulo 2^32, so the signs of the sources make no difference.
void finish(Emit& e, Value* value) {
  if (e.i.has(Mod::sat_)) e.unsupported("saturation");
  const ptx::Type type = type_at(e);
  const bool is_second = e.i.has(Mod::add_) || e.i.has(Mod::min_) || e.i.has(Mod::max_);
  if (is_second != (e.i.operands.size() == 4)) e.unsupported("merging into the third source");
  if (is_second) {
    Value* third = e.src(3, type);
    if (e.i.has(Mod::add_))
      value = e.b.CreateAdd(value, third);
    else if (e.i.has(Mod::min_))
      value = binary(e, is_signed(type) ? intrinsic::smin : intrinsic::umin, value, third);
    else
      value = binary(e, is_signed(type) ? intrinsic::smax : intrinsic::umax, value, third);
  }
  e.dst(0, value, type);
}

}  // namespace

void lower_vadd(Emit& e) {
  finish(e, e.b.CreateAdd(e.src(1, type_at(e, 1)), e.src(2, type_at(e, 2))));
}

void lower_vsub(Emit& e) {
  finish(e, e.b.CreateSub(e.src(1, type_at(e, 1)), e.src(2, type_at(e, 2))));
}

}  // namespace vgpu::jit
