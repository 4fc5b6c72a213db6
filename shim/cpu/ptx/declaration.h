#pragma once

#include <cstdint>
#include <vector>

#include "shim/cpu/ptx/ast.h"
#include "shim/cpu/ptx/token.h"

namespace vgpu::ptx {

/// The largest variable or parameter accepted: the address space of a GPU. Units: bytes
inline constexpr std::uint64_t kMaxVariableSize = std::uint64_t{1} << 40;

struct Linkage {
  bool external = false;
  bool visible = false;
  bool weak = false;
};

/// Takes .extern .visible .weak .common, if there are any.
Linkage parse_linkage(Lexer& lexer);

/// Takes a type directive: ".f32". Errors: ptx::Error.
Type parse_type(Lexer& lexer);

/// The alignment behind ".align". Errors: ptx::Error unless it is a power of two.
std::uint32_t parse_alignment(Lexer& lexer);

/// What is left of a variable declaration behind its state space, ';' included; one declaration
/// may declare several variables.
std::vector<Variable> parse_variables(Lexer& lexer, Space space, Linkage linkage);

/// "(.param .u64 a, .reg .u32 b)", with the offsets set. Errors: ptx::Error.
std::vector<Param> parse_params(Lexer& lexer);

/// Reads the initialiser behind '=' into `variable`. `dimensions` are those written; an empty
/// first one, written [], is zero and taken from the initialiser.
void parse_initialiser(Lexer& lexer, Variable& variable, std::vector<std::uint64_t>& dimensions);

}  // namespace vgpu::ptx
