#include "shim/cpu/ptx/operand.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

namespace vgpu::ptx {
namespace {

using Kind = Operand::Kind;
using TokenKind = Token::Kind;

Operand of_kind(Kind kind, std::int64_t value = 0) {
  Operand operand;
  operand.kind = kind;
  operand.value = value;
  return operand;
}

}  // namespace

void OperandParser::parse(Instruction& instruction, std::vector<OperandPlace>& places,
                          bool names_are_free) {
  names_are_free_ = names_are_free;
  places.clear();
  if (lexer_.peek().is(';')) return;
  bool paired = false;
  while (true) {
    places.push_back({lexer_.peek().at, paired});
    instruction.operands.push_back(operand());
    paired = lexer_.peek().is('|');
    if (!paired && !lexer_.peek().is(',')) return;
    lexer_.take();
  }
}

Operand OperandParser::operand() {
  const Token& next = lexer_.peek();
  if (next.is('[')) return memory();
  if (next.is('{')) {
    Operand vector = of_kind(Kind::vector);
    lexer_.take();
    elements(vector, '}');
    return vector;
  }
  if (next.is('(')) {
    Operand list = of_kind(Kind::list);
    lexer_.take();
    if (!lexer_.accept(')')) elements(list, ')');
    return list;
  }
  if (next.is('!')) {
    lexer_.take();
    const Token name = lexer_.expect_word("a predicate");
    Operand predicate = of_kind(Kind::reg, guard_register(name));
    predicate.negated = true;
    return predicate;
  }
  return simple();
}

void OperandParser::elements(Operand& into, char close) {
  const bool before = std::exchange(names_are_free_, false);
  do {
    into.elements.push_back(simple());
  } while (lexer_.accept(','));
  lexer_.expect(close);
  names_are_free_ = before;
}

Operand OperandParser::simple() {
  const Token& next = lexer_.peek();
  if (next.kind == TokenKind::word) return resolved(lexer_.take_dotted());
  const bool numeric = next.kind == TokenKind::integer || next.kind == TokenKind::f32 ||
                       next.kind == TokenKind::f64 || next.is('-') || next.is('+') || next.is('~');
  if (!numeric) lexer_.fail_here("expected an operand");
  return number();
}

Operand OperandParser::number() {
  const Token first = lexer_.peek();
  if (first.kind == TokenKind::f32 || first.kind == TokenKind::f64) {
    lexer_.take();
    return of_kind(first.kind == TokenKind::f32 ? Kind::imm_f32 : Kind::imm_f64,
                   static_cast<std::int64_t>(first.value));
  }
  if (first.is('-')) {
    Lexer ahead = lexer_;
    ahead.take();
    if (ahead.peek().kind == TokenKind::f64) {
      lexer_ = ahead;
      const double value = -std::bit_cast<double>(lexer_.take().value);
      return of_kind(Kind::imm_f64, std::bit_cast<std::int64_t>(value));
    }
    if (ahead.peek().kind == TokenKind::word && ahead.peek().text.front() == '%') {
      lexer_.take();
      const Token name = lexer_.take_dotted();
      Operand operand = resolved(name);
      if (operand.kind != Kind::reg) Lexer::fail(name, "only a register can be negated");
      operand.negated = true;
      return operand;
    }
  }
  return of_kind(Kind::imm_int, lexer_.integer_expression("an operand"));
}

std::int32_t OperandParser::guard_register(const Token& name) const {
  const std::optional<Symbol> symbol = scopes_.find(name.text);
  if (!symbol || symbol->kind != Symbol::Kind::reg)
    Lexer::fail(name, "unknown register '" + std::string(name.text.substr(0, 80)) + "'");
  if (function_.regs[symbol->index].type != Type::pred)
    Lexer::fail(name, "'" + std::string(name.text) + "' is not a predicate");
  return static_cast<std::int32_t>(symbol->index);
}

bool OperandParser::is_declared(std::string_view name) const {
  return module_.find_variable(name) != nullptr || module_.find_function(name) != nullptr ||
         module_.find_alias(name) != nullptr;
}

/// A variable, parameter or function; nothing for other words.
std::optional<Operand> OperandParser::resolved_symbol(std::string_view word) const {
  Operand operand = of_kind(Kind::symbol);
  const std::optional<Symbol> symbol = scopes_.find(word);
  if (symbol && symbol->kind == Symbol::Kind::variable) {
    operand.name = function_.variables[symbol->index].name;
    return operand;
  }
  const bool is_param = symbol && symbol->kind == Symbol::Kind::param;
  if (!is_param && !is_declared(word) && !names_are_free_) return std::nullopt;
  operand.name = word;
  return operand;
}

/// %v.x of a vector register.
std::optional<Operand> OperandParser::vector_element(std::string_view word) const {
  const std::size_t dot = word.find('.');
  if (dot == std::string_view::npos || dot + 2 != word.size()) return std::nullopt;
  const std::optional<Symbol> symbol = scopes_.find(word.substr(0, dot));
  if (!symbol || symbol->kind != Symbol::Kind::vector) return std::nullopt;
  const std::size_t position = std::string_view("xyzwrgba").find(word.back());
  if (position == std::string_view::npos || position % 4 >= symbol->count) return std::nullopt;
  return of_kind(Kind::reg, static_cast<std::int64_t>(symbol->index + position % 4));
}

/// %r.b0 of a video instruction.
std::optional<Operand> OperandParser::part_of_register(std::string_view word) const {
  constexpr std::string_view kParts[] = {"", "b0", "b1", "b2", "b3", "h0", "h1"};
  const std::size_t dot = word.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto* const part =
      std::find(std::begin(kParts) + 1, std::end(kParts), word.substr(dot + 1));
  const std::optional<Symbol> symbol = scopes_.find(word.substr(0, dot));
  if (part == std::end(kParts) || !symbol || symbol->kind != Symbol::Kind::reg) return std::nullopt;
  Operand operand = of_kind(Kind::reg, symbol->index);
  operand.part = static_cast<Operand::Part>(part - std::begin(kParts));
  return operand;
}

Operand OperandParser::resolved(const Token& word) {
  if (word.text == "_") return of_kind(Kind::sink);
  const std::optional<Symbol> symbol = scopes_.find(word.text);
  if (symbol && symbol->kind == Symbol::Kind::reg) return of_kind(Kind::reg, symbol->index);
  if (symbol && symbol->kind == Symbol::Kind::vector) {
    Operand vector = of_kind(Kind::vector);
    for (std::uint32_t n = 0; n < symbol->count; ++n)
      vector.elements.push_back(of_kind(Kind::reg, symbol->index + n));
    return vector;
  }
  if (std::optional<Operand> element = vector_element(word.text)) return *std::move(element);
  if (std::optional<Operand> part = part_of_register(word.text)) return *std::move(part);
  if (word.text.front() == '%') {
    if (const std::optional<SpecialReg> special = find_special(word.text))
      return of_kind(Kind::special, static_cast<std::int64_t>(*special));
  }
  if (word.text == "WARP_SZ") return of_kind(Kind::imm_int, 32);
  std::optional<Operand> named = resolved_symbol(word.text);
  if (!named) Lexer::fail(word, "unknown name '" + std::string(word.text.substr(0, 80)) + "'");
  if (lexer_.peek().is('+') || lexer_.peek().is('-'))
    named->offset = lexer_.integer_expression("an offset");
  return *std::move(named);
}

Operand OperandParser::memory() {
  Operand memory = of_kind(Kind::memory);
  lexer_.expect('[');
  if (lexer_.peek().kind != TokenKind::word) {
    memory.offset = lexer_.integer_expression("an address");
  } else {
    const Token word = lexer_.take_dotted();
    const Operand base = resolved(word);
    if (base.kind == Kind::reg) {
      memory.base_is_reg = true;
      memory.value = base.value;
      if (lexer_.peek().is('+') || lexer_.peek().is('-'))
        memory.offset = lexer_.integer_expression("an offset");
    } else if (base.kind == Kind::symbol) {
      memory.name = base.name;
      memory.offset = base.offset;
    } else {
      Lexer::fail(word, "'" + std::string(word.text) + "' is no address");
    }
  }
  while (lexer_.accept(',')) {
    if (lexer_.accept('{')) {
      Operand vector = of_kind(Kind::vector);
      elements(vector, '}');
      memory.elements.push_back(std::move(vector));
    } else {
      memory.elements.push_back(simple());
    }
  }
  lexer_.expect(']');
  return memory;
}

}  // namespace vgpu::ptx
