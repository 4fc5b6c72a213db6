// The instructions that integers and floats share by name: each form goes to its family.
#include <llvm/IR/Intrinsics.h>

#include "shim/cpu/jit/lower_common.h"
#include "shim/cpu/jit/lower_float.h"
#include "shim/cpu/jit/lower_half.h"
#include "shim/cpu/jit/lower_integer.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Type;
namespace intrinsic = llvm::Intrinsic;

namespace {

bool is_integer(Type type) { return family_of(type) == Family::integer; }

bool is_half(Type type) {
  return family_of(type) == Family::half || family_of(type) == Family::bfloat;
}

/// Clears or flips the sign bit.
void change_sign(Emit& e, Type type, bool flip) {
  if (is_half(type)) {
    Value* raw = flush_half(e, read(e, 1, type));
    return write(e, 0,
                 flip ? e.b.CreateXor(raw, num(raw, 0x8000)) : e.b.CreateAnd(raw, num(raw, 0x7fff)),
                 type);
  }
  Value* value = e.src(1, type);
  // The processor's flushing mode does not reach these.
  if (e.i.has(ptx::Mod::ftz_)) value = flush_always(e, value);
  e.dst(0, flip ? e.b.CreateFNeg(value) : unary(e, intrinsic::fabs, value), type);
}

}  // namespace

void lower_add(Emit& e) {
  const Type type = type_at(e);
  if (is_integer(type)) return add_integer(e, type);
  is_half(type) ? add_half(e, type, false) : add_float(e, type);
}

void lower_sub(Emit& e) {
  const Type type = type_at(e);
  if (is_integer(type)) return sub_integer(e, type);
  is_half(type) ? add_half(e, type, true) : sub_float(e, type);
}

void lower_mul(Emit& e) {
  const Type type = type_at(e);
  if (is_integer(type)) return mul_integer(e, type);
  is_half(type) ? mul_half(e, type) : mul_float(e, type);
}

void lower_mad(Emit& e) {
  const Type type = type_at(e);
  // mad of floats is fma since sm_20. Source: PTX ISA, mad.
  is_integer(type) ? mad_integer(e, type) : fma_float(e, type);
}

void lower_fma(Emit& e) {
  const Type type = type_at(e);
  is_half(type) ? fma_half(e, type) : fma_float(e, type);
}

void lower_div(Emit& e) {
  const Type type = type_at(e);
  is_integer(type) ? divide_integer(e, type, false) : divide_float(e, type);
}

void lower_abs(Emit& e) {
  const Type type = type_at(e);
  if (!is_integer(type)) return change_sign(e, type, false);
  Value* value = e.src(1, type);
  e.dst(0, e.b.CreateIntrinsic(intrinsic::abs, {value->getType()}, {value, e.b.getFalse()}), type);
}

void lower_neg(Emit& e) {
  const Type type = type_at(e);
  if (!is_integer(type)) return change_sign(e, type, true);
  e.dst(0, e.b.CreateNeg(e.src(1, type)), type);
}

void lower_min(Emit& e) {
  const Type type = type_at(e);
  is_integer(type) ? min_max_integer(e, type, false) : min_max_float(e, type, false);
}

void lower_max(Emit& e) {
  const Type type = type_at(e);
  is_integer(type) ? min_max_integer(e, type, true) : min_max_float(e, type, true);
}

}  // namespace vgpu::jit
