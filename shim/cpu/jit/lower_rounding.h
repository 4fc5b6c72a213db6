#pragma once

#include <functional>
#include <span>

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

enum class Rounding : std::uint8_t { nearest, zero, down, up };

/// The written .rn, .rz, .rm or .rp (or their integer forms .rni ...); nearest if none.
Rounding rounding_of(const ptx::Instruction& i) noexcept;

/// A function of the module that code is emitted into, made at its first use. `fill` emits its
/// body and gives the result. For what is too long to repeat at every use.
llvm::Value* call_outlined(
    Emit& e, const std::string& name, llvm::ArrayRef<llvm::Value*> args, llvm::Type* result,
    const std::function<llvm::Value*(llvm::IRBuilder<>&, std::span<llvm::Value* const>)>& fill);

/// An operation that IEEE 754 rounds once.
enum class Rounded : std::uint8_t {
  add,
  sub,
  mul,
  div,
  fma,
  sqrt,
  from_signed,
  from_unsigned,
  narrow
};

/// `op` on `args` rounded as `mode` says. `result` is the type of the result.
llvm::Value* round_operation(Emit& e, Rounded op, Rounding mode, llvm::ArrayRef<llvm::Value*> args,
                             llvm::Type* result);

/// The nearest-even result of f64 -> f32 whose low bit is set when it is not exact ("round to
/// odd"): rounding it again to at most 22 bits gives what rounding once would have.
llvm::Value* narrow_to_odd(Emit& e, llvm::Value* value);

/// a + b with the low bit set when it is not exact, for normal results.
llvm::Value* add_to_odd(Emit& e, llvm::Value* a, llvm::Value* b);

}  // namespace vgpu::jit
