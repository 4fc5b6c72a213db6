#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shim/cpu/ptx/ast.h"
#include "shim/cpu/ptx/names.h"

namespace vgpu::ptx {

/// A row of isa.def, its columns read. What the notations mean is written there.
struct OperandSpec {
  enum class Kind : std::uint8_t {
    dest,
    source,
    vector_dest,
    vector_source,
    mov_dest,
    mov_source,
    pred_dest,
    pred_source,
    integer,
    memory,
    label,
    name,
    bool_op,
    cache_policy,
  };
  Kind kind = Kind::source;
  bool optional = false;
  bool paired = false;  ///< written after '|'
  bool wide = false;    ///< twice the size of the type
  std::uint8_t type_index = 0;
  Type fixed = Type::none;  ///< unless none, instead of the type at type_index
};

struct ModGroup {
  bool required = false;
  std::vector<Mod> mods;
  std::vector<Space> spaces;
};

struct TypeSet {
  std::uint64_t mask = 0;  ///< bit per Type
  bool optional = false;
  bool same = false;  ///< the type before it again
  bool has(Type type) const noexcept { return (mask >> static_cast<unsigned>(type) & 1) != 0; }
};

struct Form {
  bool any_modifiers = false;
  bool any_types = false;
  bool any_operands = false;
  std::vector<ModGroup> groups;
  std::vector<TypeSet> types;
  std::vector<OperandSpec> operands;
};

/// The forms of `op`. Errors: std::logic_error when isa.def itself is malformed.
const std::vector<Form>& forms_of(Opcode op);

/// The text of the lowering column.
std::string_view lowering_of(Opcode op) noexcept;

}  // namespace vgpu::ptx
