#include "shim/cpu/ptx/isa.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace vgpu::ptx {
namespace {

struct Row {
  std::string_view opcode;
  std::string_view modifiers;
  std::string_view types;
  std::string_view operands;
  std::string_view lowering;
};

constexpr Row kRows[] = {
#define PTX_INSTRUCTION(opcode, modifiers, types, operands, lowering) \
  {#opcode, modifiers, types, operands, #lowering},
#include "shim/cpu/ptx/isa.def"
#undef PTX_INSTRUCTION
};

struct TypeClass {
  std::string_view name;
  std::initializer_list<Type> types;
};

constexpr TypeClass kClasses[] = {
    {"int", {Type::u16, Type::u32, Type::u64, Type::s16, Type::s32, Type::s64}},
    {"bits", {Type::b16, Type::b32, Type::b64}},
    {"half", {Type::f16, Type::f16x2, Type::bf16, Type::bf16x2}},
    {"float", {Type::f32, Type::f64}},
    {"byte", {Type::b8, Type::u8, Type::s8}},
    {"pair", {Type::u16x2, Type::s16x2}},
};

[[noreturn]] void malformed(const Row& row, std::string_view word) {
  throw std::logic_error("isa.def: " + std::string(row.opcode) + ": '" + std::string(word) + "'");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] != separator) continue;
    parts.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  return parts;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ' ');
  std::erase(parts, std::string_view());
  return parts;
}

/// Forms are separated by a '|' that stands alone; '|p' is an operand.
std::vector<std::string_view> split_forms(std::string_view text) {
  std::vector<std::string_view> forms;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool alone = text[at] == '|' && (at + 1 == text.size() || text[at + 1] == ' ');
    if (!alone) continue;
    forms.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  forms.push_back(text.substr(from));
  return forms;
}

void read_modifiers(const Row& row, std::string_view text, Form& form) {
  for (std::string_view word : words(text)) {
    if (word == "*") {
      form.any_modifiers = true;
      continue;
    }
    ModGroup group;
    group.required = word.front() == '!';
    if (group.required) word.remove_prefix(1);
    for (const std::string_view name : split(word, '/')) {
      const std::optional<Suffix> suffix = find_suffix(name);
      if (!suffix || suffix->kind == Suffix::Kind::type) malformed(row, name);
      if (suffix->kind == Suffix::Kind::space) {
        group.spaces.push_back(suffix->space);
      } else {
        group.mods.push_back(suffix->mod);
      }
    }
    form.groups.push_back(std::move(group));
  }
}

void read_types(const Row& row, std::string_view text, Form& form) {
  for (std::string_view word : words(text)) {
    if (word == "*") {
      form.any_types = true;
      continue;
    }
    TypeSet set;
    set.same = word == "=";
    if (set.same) {
      form.types.push_back(set);
      continue;
    }
    set.optional = word.back() == '?';
    if (set.optional) word.remove_suffix(1);
    for (const std::string_view name : split(word, '/')) {
      const auto* found = std::find_if(std::begin(kClasses), std::end(kClasses),
                                       [&](const TypeClass& c) { return c.name == name; });
      const std::optional<Type> type = find_type(name);
      if (found != std::end(kClasses)) {
        for (const Type t : found->types) set.mask |= std::uint64_t{1} << static_cast<unsigned>(t);
      } else if (type) {
        set.mask |= std::uint64_t{1} << static_cast<unsigned>(*type);
      } else {
        malformed(row, name);
      }
    }
    form.types.push_back(set);
  }
}

OperandSpec::Kind kind_of(const Row& row, char letter) {
  switch (letter) {
    case 'd':
      return OperandSpec::Kind::dest;
    case 's':
      return OperandSpec::Kind::source;
    case 'D':
      return OperandSpec::Kind::vector_dest;
    case 'S':
      return OperandSpec::Kind::vector_source;
    case 'U':
      return OperandSpec::Kind::mov_dest;
    case 'u':
      return OperandSpec::Kind::mov_source;
    case 'p':
      return OperandSpec::Kind::pred_dest;
    case 'c':
      return OperandSpec::Kind::pred_source;
    case 'b':
      return OperandSpec::Kind::bool_op;
    case 'h':
      return OperandSpec::Kind::cache_policy;
    case 'i':
      return OperandSpec::Kind::integer;
    case 'm':
      return OperandSpec::Kind::memory;
    case 'l':
      return OperandSpec::Kind::label;
    case 'n':
      return OperandSpec::Kind::name;
    default:
      malformed(row, std::string_view(&letter, 1));
  }
}

OperandSpec read_operand(const Row& row, std::string_view word) {
  const std::string_view whole = word;
  OperandSpec spec;
  spec.optional = word.back() == '?';
  if (spec.optional) word.remove_suffix(1);
  spec.paired = !word.empty() && word.front() == '|';
  if (spec.paired) word.remove_prefix(1);
  if (word.empty()) malformed(row, whole);
  spec.kind = kind_of(row, word.front());
  word.remove_prefix(1);
  if (word.empty()) return spec;
  if (word == "w") {
    spec.wide = true;
  } else if (word.front() == ':') {
    const std::optional<Type> type = find_type(word.substr(1));
    if (!type) malformed(row, whole);
    spec.fixed = *type;
  } else if (word.size() == 1 && word.front() >= '0' && word.front() <= '9') {
    spec.type_index = static_cast<std::uint8_t>(word.front() - '0');
  } else {
    malformed(row, whole);
  }
  return spec;
}

std::vector<Form> read_row(const Row& row) {
  const std::vector<std::string_view> columns[] = {
      split_forms(row.modifiers), split_forms(row.types), split_forms(row.operands)};
  std::size_t count = 1;
  for (const auto& column : columns) count = std::max(count, column.size());
  for (const auto& column : columns)
    if (column.size() != 1 && column.size() != count) malformed(row, "number of forms");
  std::vector<Form> forms(count);
  for (std::size_t n = 0; n < count; ++n) {
    const auto cell = [&](std::size_t c) { return columns[c][columns[c].size() == 1 ? 0 : n]; };
    read_modifiers(row, cell(0), forms[n]);
    read_types(row, cell(1), forms[n]);
    for (const std::string_view word : words(cell(2))) {
      if (word == "*") {
        forms[n].any_operands = true;
      } else {
        forms[n].operands.push_back(read_operand(row, word));
      }
    }
  }
  return forms;
}

std::vector<std::vector<Form>> read_rows() {
  std::vector<std::vector<Form>> all;
  all.reserve(std::size(kRows));
  for (const Row& row : kRows) all.push_back(read_row(row));
  return all;
}

}  // namespace

const std::vector<Form>& forms_of(Opcode op) {
  static const std::vector<std::vector<Form>> all = read_rows();
  return all.at(static_cast<std::size_t>(op));
}

std::string_view lowering_of(Opcode op) noexcept {
  return op == Opcode::count ? "" : kRows[static_cast<std::size_t>(op)].lowering;
}

}  // namespace vgpu::ptx
