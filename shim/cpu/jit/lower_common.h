#pragma once

#include <initializer_list>

#include "shim/cpu/jit/emit.h"

namespace vgpu::jit {

// What every lowering needs. Values are scalars or vectors; a function takes its shape from its
// arguments, so that packed types (two elements a lane) go through the same code.

/// The families of types that arithmetic distinguishes.
enum class Family : std::uint8_t { integer, half, bfloat, single, wide };

Family family_of(ptx::Type type) noexcept;
bool is_signed(ptx::Type type) noexcept;
bool is_packed(ptx::Type type) noexcept;
/// Units: bits; pred is 1.
unsigned bits_of(ptx::Type type) noexcept;
/// The untyped-bits type of this size, e.g. b32 of 4.
ptx::Type bits_type(unsigned bytes) noexcept;

/// The type that is n-th in the instruction; the first when there are fewer.
ptx::Type type_at(const Emit& e, unsigned n = 0);

/// `scalar`, or a vector of it with as many elements as `shape` has.
llvm::Type* like(llvm::Type* shape, llvm::Type* scalar);
/// `scalar` at the instruction's width.
llvm::Type* at_width(const Emit& e, llvm::Type* scalar);
llvm::Type* int_like(llvm::Value* shape, unsigned bits);

/// Constants in the shape of `type`.
llvm::Value* num(llvm::Type* type, std::uint64_t value);
llvm::Value* num(llvm::Value* shape, std::uint64_t value);
llvm::Value* real(llvm::Value* shape, double value);
llvm::Value* real_bits(llvm::Value* shape, std::uint64_t bits);

/// The elements of source `index`: packed types give twice as many; f16 and bf16 come as i16.
llvm::Value* read(Emit& e, unsigned index, ptx::Type type);
/// The inverse of read.
void write(Emit& e, unsigned index, llvm::Value* value, ptx::Type type);

/// Bit pattern of a float, as integers, and back.
llvm::Value* to_bits(Emit& e, llvm::Value* value);
llvm::Value* from_bits(Emit& e, llvm::Value* value, llvm::Type* scalar);

llvm::Value* unary(Emit& e, llvm::Intrinsic::ID id, llvm::Value* a);
llvm::Value* binary(Emit& e, llvm::Intrinsic::ID id, llvm::Value* a, llvm::Value* b);
llvm::Value* ternary(Emit& e, llvm::Intrinsic::ID id, llvm::Value* a, llvm::Value* b,
                     llvm::Value* c);

llvm::Value* is_nan(Emit& e, llvm::Value* value);
/// x < limit ? x : limit for unsigned integers.
llvm::Value* at_most(Emit& e, llvm::Value* value, std::uint64_t limit);

/// Zero of the same sign for a subnormal float, when `.ftz` is written and the processor does
/// not do so by itself.
llvm::Value* flush(Emit& e, llvm::Value* value);
/// The same whatever is written.
llvm::Value* flush_always(Emit& e, llvm::Value* value);

/// .sat: clamped to [0, 1], NaN is +0.
llvm::Value* saturate(Emit& e, llvm::Value* value);
/// .relu: negative is +0, NaN is the canonical NaN.
llvm::Value* relu(Emit& e, llvm::Value* value);
/// The NaN that PTX operations give: all bits but the sign.
llvm::Value* canonical_nan(llvm::Value* shape);

/// Source operand, counting from 0 after the destinations.
unsigned last(const Emit& e);

/// The value of a constant splat or scalar constant, if it is one.
const llvm::ConstantInt* constant_int(const llvm::Value* value);

}  // namespace vgpu::jit
