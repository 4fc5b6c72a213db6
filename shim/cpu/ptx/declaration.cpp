#include "shim/cpu/ptx/declaration.h"

#include <algorithm>

#include "shim/cpu/ptx/names.h"

namespace vgpu::ptx {
namespace {

constexpr std::size_t kMaxDimensions = 16;
constexpr std::uint64_t kMaxRange = 65536;

/// Attributes of variables; only .managed means something to us. ".attribute(.managed, ...)"
void parse_attributes(Lexer& lexer, Variable& shape) {
  lexer.expect('(');
  while (!lexer.accept(')')) {
    if (lexer.peek().kind == Token::Kind::end) lexer.fail_here("expected ')'");
    if (lexer.peek().is_directive(".managed")) shape.managed = true;
    lexer.take();
  }
}

/// ".align 4 .attribute(.managed) .v4 .f32", in any order but for the type, which is last.
void parse_shape(Lexer& lexer, Variable& shape) {
  bool aligned = false;
  while (true) {
    if (lexer.accept_directive(".align")) {
      shape.align = parse_alignment(lexer);
      aligned = true;
    } else if (lexer.accept_directive(".attribute")) {
      parse_attributes(lexer, shape);
    } else if (lexer.accept_directive(".v2")) {
      shape.vector = 2;
    } else if (lexer.accept_directive(".v4")) {
      shape.vector = 4;
    } else if (lexer.accept_directive(".v8")) {
      shape.vector = 8;
    } else {
      break;
    }
  }
  const Token at = lexer.peek();
  shape.type = parse_type(lexer);
  if (shape.type == Type::pred) Lexer::fail(at, "a variable in memory cannot be .pred");
  if (!aligned) shape.align = size_of(shape.type) * shape.vector;
}

std::vector<std::uint64_t> parse_dimensions(Lexer& lexer) {
  std::vector<std::uint64_t> dimensions;
  while (lexer.peek().is('[')) {
    const Token open = lexer.take();
    if (dimensions.size() == kMaxDimensions) Lexer::fail(open, "more than 16 dimensions");
    if (lexer.accept(']')) {
      if (!dimensions.empty()) Lexer::fail(open, "only the first dimension may be empty");
      dimensions.push_back(0);
      continue;
    }
    const Token size = lexer.peek();
    const std::int64_t value = lexer.integer_expression("the size of a dimension");
    if (value < 0) Lexer::fail(size, "a dimension cannot be negative");
    dimensions.push_back(static_cast<std::uint64_t>(value));
    lexer.expect(']');
  }
  return dimensions;
}

void set_size(const Token& name, const std::vector<std::uint64_t>& dimensions, Variable& variable) {
  variable.count = 1;
  variable.size = std::uint64_t{size_of(variable.type)} * variable.vector;
  for (const std::uint64_t n : dimensions) {
    if (__builtin_mul_overflow(variable.count, n, &variable.count) ||
        __builtin_mul_overflow(variable.size, n, &variable.size) ||
        variable.size > kMaxVariableSize)
      Lexer::fail(name, "variable is too large");
  }
}

/// What is left of ".param .u64 %P<2>", which declares %P0 and %P1.
void parse_range(Lexer& lexer, const Variable& shape, std::vector<Variable>& variables) {
  const Token count = lexer.expect_integer("a number of variables");
  lexer.expect('>');
  if (count.value > kMaxRange) Lexer::fail(count, "too many variables");
  for (std::uint64_t n = 0; n < count.value; ++n) {
    Variable& variable = variables.emplace_back(shape);
    variable.name += std::to_string(n);
    variable.size = std::uint64_t{size_of(shape.type)} * shape.vector;
  }
}

Param parse_param(Lexer& lexer) {
  Param param;
  if (lexer.accept_directive(".reg")) {
    param.is_register = true;
  } else if (!lexer.accept_directive(".param")) {
    lexer.fail_here("expected .param or .reg");
  }
  Variable shape;
  if (param.is_register) {
    if (lexer.accept_directive(".align")) parse_alignment(lexer);
    shape.type = parse_type(lexer);
    shape.align = std::max(1U, size_of(shape.type));
  } else {
    parse_shape(lexer, shape);
  }
  // What a pointer points to: ".ptr .global .align 16". It binds nobody here.
  if (lexer.accept_directive(".ptr")) {
    while (lexer.peek().kind == Token::Kind::directive) {
      if (lexer.accept_directive(".align")) {
        parse_alignment(lexer);
      } else {
        lexer.take();
      }
    }
  }
  const Token name = lexer.expect_word("the name of a parameter");
  set_size(name, parse_dimensions(lexer), shape);
  param.name = name.text;
  param.type = shape.type;
  param.size = shape.size;
  param.align = shape.align;
  return param;
}

}  // namespace

Linkage parse_linkage(Lexer& lexer) {
  Linkage linkage;
  while (true) {
    if (lexer.accept_directive(".extern")) {
      linkage.external = true;
    } else if (lexer.accept_directive(".visible")) {
      linkage.visible = true;
    } else if (lexer.accept_directive(".weak") || lexer.accept_directive(".common")) {
      linkage.weak = true;
    } else {
      return linkage;
    }
  }
}

Type parse_type(Lexer& lexer) {
  const Token& next = lexer.peek();
  const std::optional<Type> type =
      next.kind == Token::Kind::directive ? find_type(next.text.substr(1)) : std::nullopt;
  if (!type) lexer.fail_here("expected a type");
  lexer.take();
  return *type;
}

std::uint32_t parse_alignment(Lexer& lexer) {
  const Token number = lexer.expect_integer("an alignment");
  const bool power_of_two = number.value != 0 && (number.value & (number.value - 1)) == 0;
  if (!power_of_two || number.value > (std::uint64_t{1} << 20))
    Lexer::fail(number, "an alignment is a power of two");
  return static_cast<std::uint32_t>(number.value);
}

std::vector<Variable> parse_variables(Lexer& lexer, Space space, Linkage linkage) {
  Variable shape;
  shape.space = space;
  shape.external = linkage.external;
  shape.visible = linkage.visible;
  shape.weak = linkage.weak;
  parse_shape(lexer, shape);
  std::vector<Variable> variables;
  do {
    Variable variable = shape;
    const Token name = lexer.expect_word("the name of a variable");
    variable.name = name.text;
    variable.at = name.at;
    if (lexer.accept('<')) {
      parse_range(lexer, variable, variables);
      continue;
    }
    std::vector<std::uint64_t> dimensions = parse_dimensions(lexer);
    set_size(name, dimensions, variable);
    if (lexer.peek().is('=')) {
      const Token equals = lexer.take();
      if (space != Space::global && space != Space::constant)
        Lexer::fail(equals, "only .global and .const variables have initialisers");
      parse_initialiser(lexer, variable, dimensions);
      set_size(name, dimensions, variable);
    }
    variables.push_back(std::move(variable));
  } while (lexer.accept(','));
  lexer.expect(';');
  return variables;
}

std::vector<Param> parse_params(Lexer& lexer) {
  std::vector<Param> params;
  lexer.expect('(');
  if (lexer.accept(')')) return params;
  std::uint64_t end = 0;
  do {
    Param param = parse_param(lexer);
    if (!param.is_register) {
      param.offset = (end + param.align - 1) / param.align * param.align;
      end = param.offset + param.size;
      if (end > kMaxVariableSize) Lexer::fail(lexer.peek(), "the parameters are too large");
    }
    params.push_back(std::move(param));
  } while (lexer.accept(','));
  lexer.expect(')');
  return params;
}

}  // namespace vgpu::ptx
