// The operands of an instruction, against the forms of isa.def.

#include "shim/cpu/ptx/check.h"

#include <algorithm>
#include <optional>
#include <string>

#include "shim/cpu/ptx/mismatch.h"

namespace vgpu::ptx {
namespace {

using Kind = Operand::Kind;

enum class Class : std::uint8_t { pred, bits, integer, real, packed };

Class class_of(Type type) noexcept {
  switch (type) {
    case Type::pred:
      return Class::pred;
    case Type::b8:
    case Type::b16:
    case Type::b32:
    case Type::b64:
    case Type::b128:
      return Class::bits;
    case Type::u8:
    case Type::u16:
    case Type::u32:
    case Type::u64:
    case Type::s8:
    case Type::s16:
    case Type::s32:
    case Type::s64:
      return Class::integer;
    case Type::f32:
    case Type::f64:
      return Class::real;
    default:
      return Class::packed;
  }
}

/// Checks one instruction's operands against forms.
class OperandChecker {
 public:
  OperandChecker(const Head& head, const Function& function, const Instruction& instruction,
                 std::span<const OperandPlace> places)
      : head_(head), function_(function), instruction_(instruction), places_(places) {}

  std::optional<Mismatch> match(const Form& form) const;

 private:
  std::string misfit(const OperandSpec& spec, const Operand& operand) const;
  std::string misfit_dest(const Operand& operand, Type type, bool wide) const;
  std::string misfit_source(const Operand& operand, Type type, bool wide) const;
  std::string misfit_special(const Operand& operand, Type type) const;
  std::string misfit_vector(const Operand& operand, Type type, bool dest) const;
  std::string misfit_mov(const Operand& operand, bool dest) const;
  std::string misfit_memory(const Operand& operand) const;
  std::string misfit_register(const Operand& operand, Type type, bool wide) const;

  Type type_for(const OperandSpec& spec) const {
    if (spec.fixed != Type::none) return spec.fixed;
    return spec.type_index < head_.types.size() ? head_.types[spec.type_index] : Type::none;
  }
  Type register_type(const Operand& operand) const {
    return function_.regs[static_cast<std::size_t>(operand.value)].type;
  }
  /// Operands that stand only beside a certain modifier.
  bool absent(const OperandSpec& spec) const {
    if (spec.kind == OperandSpec::Kind::cache_policy) return !instruction_.has(Mod::L2_cache_hint_);
    return spec.kind == OperandSpec::Kind::bool_op && !instruction_.has(Mod::and_) &&
           !instruction_.has(Mod::or_) && !instruction_.has(Mod::xor_);
  }
  /// ld, st and cvt take registers that are wider than their type.
  bool takes_wider() const {
    return head_.op == Opcode::ld_ || head_.op == Opcode::st_ || head_.op == Opcode::cvt_ ||
           head_.op == Opcode::ldu_;
  }

  bool takes_parts() const { return head_.op >= Opcode::vadd_ && head_.op <= Opcode::vset_; }

  const Head& head_;
  const Function& function_;
  const Instruction& instruction_;
  std::span<const OperandPlace> places_;
};

std::optional<Mismatch> OperandChecker::match(const Form& form) const {
  const std::vector<Operand>& operands = instruction_.operands;
  std::size_t required = 0;
  for (const OperandSpec& spec : form.operands) required += spec.optional || absent(spec) ? 0 : 1;
  std::size_t spare = operands.size() > required ? operands.size() - required : 0;
  std::size_t next = 0;
  for (const OperandSpec& spec : form.operands) {
    if (absent(spec)) continue;
    if (spec.optional) {
      const bool may = spare > 0 && next < operands.size() && spec.paired == places_[next].paired;
      if (!may) continue;
      --spare;
    }
    if (next == operands.size()) return Mismatch{next, "operand missing"};
    if (spec.paired != places_[next].paired)
      return Mismatch{next,
                      spec.paired ? "expected '|' and a destination" : "'|' does not fit here"};
    std::string why = misfit(spec, operands[next]);
    if (!why.empty()) return Mismatch{next, std::move(why)};
    ++next;
  }
  if (next < operands.size() && !form.any_operands) return Mismatch{next, "too many operands"};
  return std::nullopt;
}

std::string OperandChecker::misfit(const OperandSpec& spec, const Operand& operand) const {
  const Type type = type_for(spec);
  const bool may_be_negated =
      spec.kind == OperandSpec::Kind::pred_source || spec.kind == OperandSpec::Kind::bool_op;
  const bool negates = head_.op == Opcode::vmad_ && spec.kind == OperandSpec::Kind::source;
  if (operand.negated && !may_be_negated && !negates) return "'!' or '-' does not fit here";
  if (operand.part != Operand::Part::all && !takes_parts())
    return "only video instructions take a part of a register";
  switch (spec.kind) {
    case OperandSpec::Kind::dest:
      return misfit_dest(operand, type, spec.wide);
    case OperandSpec::Kind::source:
      return misfit_source(operand, type, spec.wide);
    case OperandSpec::Kind::vector_dest:
      return misfit_vector(operand, type, true);
    case OperandSpec::Kind::vector_source:
      return misfit_vector(operand, type, false);
    case OperandSpec::Kind::mov_dest:
      return misfit_mov(operand, true);
    case OperandSpec::Kind::mov_source:
      return misfit_mov(operand, false);
    case OperandSpec::Kind::pred_dest:
      return misfit_dest(operand, Type::pred, false);
    case OperandSpec::Kind::pred_source:
    case OperandSpec::Kind::bool_op:
      return misfit_source(operand, Type::pred, false);
    case OperandSpec::Kind::cache_policy:
      return misfit_source(operand, Type::b64, false);
    case OperandSpec::Kind::integer:
      return operand.kind == Kind::imm_int ? "" : "expected an integer constant";
    case OperandSpec::Kind::memory:
      return misfit_memory(operand);
    case OperandSpec::Kind::label:
      return operand.kind == Kind::label ? "" : "expected a label";
    case OperandSpec::Kind::name:
      return operand.kind == Kind::symbol ? "" : "expected a name";
  }
  return "";
}

std::string OperandChecker::misfit_register(const Operand& operand, Type type, bool wide) const {
  const Type reg = register_type(operand);
  if (wide) {
    const unsigned size = 2 * size_of(type);
    const bool fits =
        size_of(reg) == size && (class_of(reg) == Class::integer || class_of(reg) == Class::bits);
    if (fits) return "";
  } else if (register_fits(reg, type, takes_wider())) {
    return "";
  }
  return "a ." + std::string(name_of(reg)) + " register does not fit " + (wide ? "twice ." : ".") +
         std::string(name_of(type));
}

std::string OperandChecker::misfit_dest(const Operand& operand, Type type, bool wide) const {
  if (operand.kind == Kind::sink) return "";
  if (operand.kind != Kind::reg) return "expected a register";
  return misfit_register(operand, type, wide);
}

std::string OperandChecker::misfit_source(const Operand& operand, Type type, bool wide) const {
  const Class kind = class_of(type);
  switch (operand.kind) {
    case Kind::reg:
      return misfit_register(operand, type, wide);
    case Kind::imm_int:
      if (kind == Class::real) return "expected a floating-point constant";
      return kind == Class::packed ? "expected a register" : "";
    case Kind::imm_f32:
    case Kind::imm_f64: {
      const unsigned size = operand.kind == Kind::imm_f32 ? 4 : 8;
      if (kind == Class::real || (kind == Class::bits && size_of(type) == size)) return "";
      return kind == Class::packed ? "expected a register" : "expected an integer constant";
    }
    case Kind::special:
      return misfit_special(operand, type);
    default:
      return "expected a register or a constant";
  }
}

std::string OperandChecker::misfit_special(const Operand& operand, Type type) const {
  if (head_.op != Opcode::mov_ && head_.op != Opcode::cvt_)
    return "special registers are read by mov and cvt only";
  const Type special = type_of(static_cast<SpecialReg>(operand.value));
  const bool low_half = head_.op == Opcode::mov_ && size_of(type) == 2 && size_of(special) == 4;
  if (low_half || register_fits(special, type, takes_wider())) return "";
  return "the special register does not fit ." + std::string(name_of(type));
}

std::string OperandChecker::misfit_vector(const Operand& operand, Type type, bool dest) const {
  const std::size_t count = instruction_.has(Mod::v2_)   ? 2
                            : instruction_.has(Mod::v4_) ? 4
                            : instruction_.has(Mod::v8_) ? 8
                                                         : 1;
  if (operand.kind != Kind::vector) {
    if (count != 1) return "expected a vector of " + std::to_string(count);
    return dest ? misfit_dest(operand, type, false) : misfit_source(operand, type, false);
  }
  if (count == 1) return "expected a register";
  if (operand.elements.size() != count) return "expected a vector of " + std::to_string(count);
  for (const Operand& element : operand.elements) {
    std::string why =
        dest ? misfit_dest(element, type, false) : misfit_source(element, type, false);
    if (!why.empty()) return why;
  }
  return "";
}

/// mov also packs and unpacks: {a, b} has the bits of the other side.
std::string OperandChecker::misfit_mov(const Operand& operand, bool dest) const {
  const Type type = head_.types.front();
  const bool vector_mov = instruction_.has(Mod::v2_) || instruction_.has(Mod::v4_);
  if (vector_mov) return misfit_vector(operand, type, dest);
  if (operand.kind == Kind::symbol && !dest)
    return size_of(type) >= 4 && class_of(type) != Class::real ? ""
                                                               : "an address does not fit here";
  if (operand.kind != Kind::vector)
    return dest ? misfit_dest(operand, type, false) : misfit_source(operand, type, false);
  if (!dest && instruction_.operands.front().kind == Kind::vector)
    return "expected a register or a constant";
  if (class_of(type) != Class::bits) return "only the types .b16 to .b128 pack vectors";
  const std::size_t count = operand.elements.size();
  if (count != 2 && count != 4) return "expected a vector of 2 or 4";
  for (const Operand& element : operand.elements) {
    if (element.kind == Kind::sink && dest) continue;
    if (element.kind == Kind::imm_int && !dest) continue;
    if (element.kind != Kind::reg) return "expected a register";
    if (size_of(register_type(element)) * count != size_of(type))
      return "the elements do not add up to ." + std::string(name_of(type));
  }
  return "";
}

std::string OperandChecker::misfit_memory(const Operand& operand) const {
  if (operand.kind != Kind::memory) return "expected an address in brackets";
  if (!operand.elements.empty()) return "expected a plain address";
  if (!operand.base_is_reg) return "";
  const Type reg = register_type(operand);
  const bool fits = size_of(reg) >= 4 && size_of(reg) <= 8 &&
                    (class_of(reg) == Class::integer || class_of(reg) == Class::bits);
  return fits ? "" : "a ." + std::string(name_of(reg)) + " register is no address";
}

}  // namespace

bool register_fits(Type reg, Type type, bool wider) noexcept {
  const Class reg_class = class_of(reg);
  const Class type_class = class_of(type);
  if (reg_class == Class::pred || type_class == Class::pred) return reg_class == type_class;
  if (reg == type) return true;
  const bool size_fits = size_of(reg) == size_of(type) || (wider && size_of(reg) > size_of(type));
  switch (type_class) {
    case Class::bits:
      return size_fits;
    case Class::integer:
      return size_fits && (reg_class == Class::bits || reg_class == Class::integer);
    case Class::real:
    case Class::packed:
      return size_fits && reg_class == Class::bits;
    case Class::pred:
      break;
  }
  return false;
}

void check_operands(const Head& head, const Function& function, const Instruction& instruction,
                    std::span<const OperandPlace> places) {
  const OperandChecker checker(head, function, instruction, places);
  std::optional<Mismatch> furthest;
  for (const Form* form : head.forms) {
    std::optional<Mismatch> mismatch = checker.match(*form);
    if (!mismatch) return;
    keep_furthest(furthest, std::move(*mismatch));
  }
  const Location at = furthest->at < places.size() ? places[furthest->at].at : instruction.at;
  throw Error(at, std::string(name_of(head.op)) + ": " + furthest->why);
}

}  // namespace vgpu::ptx
