#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vgpu::ptx {

/// A place in the PTX text. Units: both count from 1.
struct Location {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// The text is not PTX that we accept. what() is "line L:C: message".
class Error : public std::runtime_error {
 public:
  Error(Location at, const std::string& message);
  Location at;
};

/// PTX fundamental types and the packed ones that instructions name. Source: PTX ISA, 5.2.
enum class Type : std::uint8_t {
  none,
  pred,
  b8,
  b16,
  b32,
  b64,
  b128,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  f16,
  f16x2,
  bf16,
  bf16x2,
  tf32,
  f32,
  f32x2,
  f64,
  e4m3,
  e5m2,
  e4m3x2,
  e5m2x2,
  u16x2,
  s16x2,
  // Elements of matrices and of packed conversions; and the opaque types of texture references.
  b1,
  u2,
  s2,
  u4,
  s4,
  e2m1,
  e2m3,
  e3m2,
  ue8m0,
  ue4m3,
  e2m1x2,
  e2m3x2,
  e3m2x2,
  ue8m0x2,
  texref,
  samplerref,
  surfref,
};

/// Size in a register or in memory. Units: bytes; pred is 1.
unsigned size_of(Type type) noexcept;
std::string_view name_of(Type type) noexcept;

enum class Space : std::uint8_t { generic, reg, constant, global, local, param, shared };

/// Every instruction name that isa.def lists, e.g. Opcode::add, Opcode::bar, Opcode::shfl.
enum class Opcode : std::uint16_t {
#define PTX_INSTRUCTION(opcode, ...) opcode##_,
#include "shim/cpu/ptx/isa.def"
#undef PTX_INSTRUCTION
  count
};

/// Every modifier that is not a type, e.g. Mod::rn, Mod::sat, Mod::wide, Mod::sync, Mod::v4.
/// Spelled as in the text with '::' replaced by '_', and a trailing '_'.
enum class Mod : std::uint16_t {
#define PTX_MODIFIER(name, text) name##_,
#include "shim/cpu/ptx/modifiers.def"
#undef PTX_MODIFIER
  count
};

/// Special registers, e.g. SpecialReg::tid_x. Source: PTX ISA, 10.
enum class SpecialReg : std::uint16_t {
#define PTX_SPECIAL_REGISTER(name, text) name,
#include "shim/cpu/ptx/special_registers.def"
#undef PTX_SPECIAL_REGISTER
  count
};

std::string_view name_of(Opcode op) noexcept;
std::string_view name_of(Mod mod) noexcept;
std::string_view name_of(SpecialReg reg) noexcept;

/// The type a special register is read as: u32 or u64.
Type type_of(SpecialReg reg) noexcept;

struct Operand {
  enum class Kind : std::uint8_t {
    none,
    reg,      ///< value = index into Function::regs; `negated` for !%p, and of vmad for -%r
    imm_int,  ///< value = the bits, sign-extended to 64
    imm_f32,  ///< value = IEEE bits (0f...)
    imm_f64,  ///< value = IEEE bits (0d... or a decimal)
    special,  ///< value = SpecialReg
    symbol,   ///< a variable or function used as a value (its address): `name`, plus `offset`
    memory,   ///< [base + offset]: base is `value` as a register when base_is_reg, else `name`
    vector,   ///< {a, b, ...}: `elements`
    label,    ///< a branch target: value = index into Function::body
    sink,     ///< _
    list,     ///< (a, b): a parenthesised list, of call: `elements`
    // A memory operand of textures and tensors, [t, {x, y}], has what follows the first comma in
    // `elements`. An address written as a plain number has an empty `name` and is in `offset`.
    // A label at the very end of a body has the index body.size(). Of local variables, `name` is
    // Variable::name, which is unique in the function.
  };
  Kind kind = Kind::none;
  bool negated = false;
  bool base_is_reg = false;
  /// Of a register of a video instruction, the part that counts: all of it, or the byte or half
  /// that .b0 to .b3, .h0 or .h1 names.
  enum class Part : std::uint8_t { all, b0, b1, b2, b3, h0, h1 };
  Part part = Part::all;
  std::int64_t value = 0;
  std::int64_t offset = 0;
  std::string name;
  std::vector<Operand> elements;
};

struct Instruction {
  Opcode op = Opcode::count;
  std::int32_t guard = -1;  ///< register of @%p, or -1
  bool guard_negated = false;
  Space space = Space::generic;  ///< of ld, st, atom, cvta, mov.. as written; generic when none
  Space source_space = Space::generic;  ///< the second one written: cp.async.ca.shared.global
  std::vector<Mod> mods;          ///< in the order written; types and state spaces are not here
  std::vector<Type> types;        ///< in the order written: cvt.rn.f32.s32 has f32, s32
  std::vector<Operand> operands;  ///< destinations first, as written; `d|p` is two operands
  Location at;

  bool has(Mod mod) const noexcept {
    for (const Mod m : mods)
      if (m == mod) return true;
    return false;
  }
};

struct Register {
  std::string name;
  Type type = Type::none;
};

/// A relocation in an initialiser: the address of `symbol` + offset goes to byte `at`.
struct AddressInit {
  std::uint64_t at = 0;
  std::string symbol;
  std::int64_t offset = 0;
  bool generic = false;    ///< written generic(symbol)
  std::uint8_t shift = 0;  ///< of the address, to the right, before `size` bytes of it are stored
  std::uint8_t size = 8;   ///< Units: bytes
};

/// A .global, .const, .shared, .local or .param variable.
struct Variable {
  std::string name;
  Space space = Space::generic;
  Type type = Type::none;    ///< element type
  std::uint64_t count = 1;   ///< elements; 0 for an unsized `extern .shared x[]`
  std::uint32_t vector = 1;  ///< 2 or 4 for .v2, .v4
  std::uint32_t align = 1;   ///< Units: bytes
  std::uint64_t size = 0;    ///< Units: bytes
  bool external = false;
  bool visible = false;
  bool weak = false;
  bool managed = false;
  std::vector<std::uint8_t> init;  ///< may be shorter than size: the rest is zero
  std::vector<AddressInit> addresses;
  Location at;
};

/// One parameter of a kernel or function.
struct Param {
  std::string name;
  Type type = Type::none;
  std::uint64_t size = 0;    ///< Units: bytes
  std::uint32_t align = 1;   ///< Units: bytes
  std::uint64_t offset = 0;  ///< in the parameter block: running sum aligned to each `align`
  bool is_register = false;  ///< (.reg ...) parameters of old-style functions
};

/// A .func or .entry. The body is parsed on demand: see parse_body.
struct Function {
  std::string name;
  bool entry = false;
  bool external = false;  ///< declared .extern, or only declared so far
  bool visible = false;
  bool weak = false;
  bool noreturn = false;
  std::vector<Param> params;
  std::vector<Param> returns;
  std::array<std::uint32_t, 3> maxntid{0, 0, 0};  ///< zero when not given
  std::array<std::uint32_t, 3> reqntid{0, 0, 0};
  std::uint32_t minnctapersm = 0;
  std::uint32_t maxnreg = 0;
  Location at;
  std::string_view body_text;  ///< from '{' to '}', inside Module::text; empty for a declaration
  Location body_at;

  // Filled by parse_body.
  bool parsed = false;
  std::vector<Register> regs;
  /// Variables of the body. Names are made unique with a suffix "@N" where scopes reuse them;
  /// .param variables of the same name and shape in different scopes are one.
  std::vector<Variable> variables;
  std::vector<Instruction> body;  ///< labels are indices into this
  /// Branch-target lists (.branchtargets) and call prototypes (.callprototype) by label.
  struct Prototype {
    std::string name;
    std::vector<Param> params;
    std::vector<Param> returns;
  };
  std::vector<Prototype> prototypes;
  struct Targets {
    std::string name;
    std::vector<std::int64_t> labels;  ///< indices into body
  };
  std::vector<Targets> targets;
  /// The functions that an indirect call may reach (.calltargets), by label.
  struct CallTargets {
    std::string name;
    std::vector<std::string> functions;
  };
  std::vector<CallTargets> call_targets;
};

/// Name -> place in a list.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept {
    return std::hash<std::string_view>()(name);
  }
};
using NameIndex = std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>>;

/// One PTX text, indexed: directives, variables and function headers; bodies on demand.
struct Module {
  Module() = default;
  Module(Module&&) noexcept = default;  // a copy's bodies would lie in the other's text
  Module& operator=(Module&&) noexcept = default;
  ~Module() = default;

  std::string text;
  int version = 0;         ///< .version 7.5 is 75
  int target = 0;          ///< .target sm_75 is 75
  char target_suffix = 0;  ///< 'a' or 'f' of sm_90a, or 0
  int address_size = 64;
  std::vector<Variable> variables;
  std::vector<Function> functions;
  struct Alias {
    std::string name;
    std::string target;
  };
  std::vector<Alias> aliases;

  const Variable* find_variable(std::string_view name) const noexcept;
  const Alias* find_alias(std::string_view name) const noexcept;
  const Function* find_function(std::string_view name) const noexcept;
  Function* find_function(std::string_view name) noexcept;

  /// Where parse_module put each name in the lists above; the finders look here.
  NameIndex function_index, variable_index, alias_index;
};

/// Indexes `text`. Errors: ptx::Error with the exact line and column.
Module parse_module(std::string text);

/// Parses and checks the body of `function`, a function of `module`; a second call does nothing.
/// Errors: ptx::Error, for syntax, for unknown names, and for forms that isa.def does not have.
void parse_body(const Module& module, Function& function);

}  // namespace vgpu::ptx
