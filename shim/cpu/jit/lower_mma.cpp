// mma: the product of matrices in the registers of a warp. Source: PTX ISA, "Warp-level matrix
// instructions".
#include "shim/cpu/jit/lower_matrix.h"
#include "shim/cpu/jit/lower_matrix_quads.h"
#include "shim/cpu/jit/lower_table.h"

namespace vgpu::jit {

using llvm::Value;
using ptx::Mod;
using ptx::Operand;
using ptx::Type;

namespace {

/// Kinds of products that isa.def lets through and that are not done.
constexpr Mod kOther[] = {Mod::sp_,           Mod::sp_ordered_metadata_, Mod::block_scale_,
                          Mod::kind_f8f6f4_,  Mod::kind_mxf8f6f4_,       Mod::kind_mxf4_,
                          Mod::kind_mxf4nvf4_};

void append(Emit& e, llvm::SmallVectorImpl<Value*>& to, unsigned operand, unsigned count,
            Type type) {
  for (const Operand& each : elements_of(e, operand, count)) to.push_back(e.src(each, type));
}

}  // namespace

void lower_mma(Emit& e) {
  if (e.uniform()) e.unsupported("a product of matrices done once for the warp");
  for (const Mod mod : kOther)
    if (e.i.has(mod)) e.unsupported("a product of this kind");
  if (e.i.types.size() != 4 || e.i.operands.size() != 4) e.unsupported("too few operands");
  const MatrixShape& shape = matrix_shape(e);
  if (shape.mod == Mod::m8n8k4_ && e.i.types[1] == Type::f16) return multiply_quads(e);
  const MatrixProduct product{shape.m,
                              shape.n,
                              shape.k,
                              matrix_element(e, e.i.types[1]),
                              matrix_element(e, e.i.types[2]),
                              matrix_element(e, e.i.types[3]),
                              matrix_element(e, e.i.types[0]),
                              e.i.has(Mod::satfinite_),
                              e.i.has(Mod::and_)};
  for (const Mod mod : e.i.mods) {
    if (mod == Mod::row_) break;
    if (mod == Mod::col_) e.unsupported("matrices in this order");
  }
  Values registers;
  append(e, registers, 1, product.a_count(), register_type(product.a));
  append(e, registers, 2, product.b_count(), register_type(product.b));
  append(e, registers, 3, product.count_of(product.c), register_type(product.c));
  const auto targets = elements_of(e, 0, product.count_of(product.d));
  const Values results = call_multiply(e, product, registers);
  for (std::size_t n = 0; n < targets.size(); ++n)
    e.dst(targets[n], results[static_cast<unsigned>(n)], register_type(product.d));
}

}  // namespace vgpu::jit
