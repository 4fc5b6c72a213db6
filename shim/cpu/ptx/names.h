#pragma once

#include <optional>
#include <string_view>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::ptx {

/// What one ".word" behind an instruction's name means.
struct Suffix {
  enum class Kind : std::uint8_t { modifier, type, space };
  Kind kind = Kind::modifier;
  Mod mod = Mod::count;  ///< also set for shared::cluster, which is a space and a modifier
  Type type = Type::none;
  Space space = Space::generic;
};

/// Each takes the text without a leading dot; they are case-sensitive, as PTX is.
std::optional<Opcode> find_opcode(std::string_view text);
std::optional<Suffix> find_suffix(std::string_view text);
std::optional<Type> find_type(std::string_view text);
/// With '%': "%tid.x".
std::optional<SpecialReg> find_special(std::string_view text);

std::string_view name_of(Space space) noexcept;

}  // namespace vgpu::ptx
