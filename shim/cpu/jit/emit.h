#pragma once

#include <llvm/IR/IRBuilder.h>

#include <stdexcept>
#include <string>

#include "shim/cpu/jit/host_features.h"
#include "shim/cpu/ptx/ast.h"

namespace vgpu::jit {

/// Lanes of a warp.
inline constexpr unsigned kWarpSize = 32;

/// A form that the checker lets through and the lowering does not do. what() names it.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the lowering of one instruction sees. When the analysis proved the instruction uniform
/// every value is a scalar; else every value is a vector with one element a lane. A lowering is
/// written once for both: IRBuilder's operations take either, and type() gives the right one.
class Emit {
 public:
  Emit(llvm::IRBuilder<>& ir_builder, const ptx::Instruction& inst) : b(ir_builder), i(inst) {}
  virtual ~Emit() = default;
  Emit(const Emit&) = delete;
  Emit& operator=(const Emit&) = delete;

  llvm::IRBuilder<>& b;
  const ptx::Instruction& i;

  /// True when values are scalars.
  virtual bool uniform() const = 0;

  /// LLVM's type for one PTX value at the current width: T or <32 x T>. b/u/s -> iN, f16 -> half,
  /// bf16 -> bfloat, f32 -> float, f64 -> double, pred -> i1, packed pairs (f16x2 ...) -> i32.
  virtual llvm::Type* type(ptx::Type type) = 0;

  /// The value of operand `index` read as `type`: registers are bit-cast, truncated or
  /// zero-extended to its size as the PTX ISA allows for operands wider than the type;
  /// immediates become constants. For a predicate, `negated` is applied.
  virtual llvm::Value* src(unsigned index, ptx::Type type) = 0;
  virtual llvm::Value* src(const ptx::Operand& operand, ptx::Type type) = 0;

  /// Writes `value`, of type(`type`), to destination operand `index`. Lanes that are not active
  /// keep what they had. A destination wider than the type is zero-extended, or sign-extended
  /// when `type` is signed. Source: PTX ISA, "Operand Size Exceeding Instruction-Type Size".
  virtual void dst(unsigned index, llvm::Value* value, ptx::Type type) = 0;
  virtual void dst(const ptx::Operand& operand, llvm::Value* value, ptx::Type type) = 0;

  /// The lanes that run this instruction, <32 x i1> (also when uniform()).
  virtual llvm::Value* active() = 0;

  /// `value` at vector width: a scalar is splatted.
  virtual llvm::Value* splat(llvm::Value* value) = 0;

  /// A constant of type(`type`).
  llvm::Value* constant(ptx::Type t, std::uint64_t bits);

  /// The addresses of memory operand `index` as the host has them, <32 x i64>.
  virtual llvm::Value* addresses(unsigned) { unsupported("memory"); }

  /// True when subnormals are already flushed by the processor's mode (every f32 operation of
  /// this kernel is .ftz): a lowering then need not flush by hand.
  virtual bool flushes_by_mode() const = 0;

  /// The condition-code flag CC.CF as add.cc .. madc see it, i1 at the current width. It is state
  /// of the thread that goes from instruction to instruction as a register does; the analysis
  /// must treat it as one. After sub.cc and subc.cc it is the inverted borrow.
  virtual llvm::Value* carry() { unsupported("the carry flag"); }
  virtual void set_carry(llvm::Value*) { unsupported("the carry flag"); }

  /// What the processor that the code is for can do. A test may say less than the host has.
  virtual const HostFeatures& features() const { return host_features(); }

  /// Throws Unsupported with the instruction's text and `why`.
  [[noreturn]] void unsupported(const std::string& why) const;
};

/// Lowers one instruction. The functions are named in isa.def.
using Lowering = void (*)(Emit&);

/// The lowering of `op`, or nullptr when the core (control flow, memory, calls, barriers) has it.
Lowering find_lowering(ptx::Opcode op) noexcept;

}  // namespace vgpu::jit
