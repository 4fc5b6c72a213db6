// What a body declares: registers, variables, lists of targets, prototypes.

#include <string>

#include "shim/cpu/ptx/body_parser.h"
#include "shim/cpu/ptx/declaration.h"

namespace vgpu::ptx {
namespace {

constexpr std::size_t kMaxRegisters = std::size_t{1} << 20;

}  // namespace

/// The views that Scopes keeps point into the function's own strings, which do not move here.
void BodyParser::declare_params() {
  for (const std::vector<Param>* list : {&function_.returns, &function_.params}) {
    for (const Param& param : *list) {
      variable_names_.emplace(param.name, 1);
      Symbol symbol{Symbol::Kind::param, 0, 1, 0};
      if (param.is_register) {
        symbol = {Symbol::Kind::reg, static_cast<std::uint32_t>(function_.regs.size()), 1, 0};
        function_.regs.push_back({param.name, param.type});
      }
      if (!scopes_.declare(param.name, symbol))
        throw Error(function_.at, "'" + param.name + "' is declared twice");
    }
  }
}

void BodyParser::registers() {
  std::uint32_t vector = 1;
  if (lexer_.accept_directive(".v2")) {
    vector = 2;
  } else if (lexer_.accept_directive(".v4")) {
    vector = 4;
  }
  const Type type = parse_type(lexer_);
  do {
    add_registers(lexer_.expect_word("the name of a register"), type, vector);
  } while (lexer_.accept(','));
  lexer_.expect(';');
}

void BodyParser::add_registers(const Token& name, Type type, std::uint32_t vector) {
  const auto first = static_cast<std::uint32_t>(function_.regs.size());
  bool is_new = true;
  if (lexer_.accept('<')) {
    const Token count = lexer_.expect_integer("a number of registers");
    lexer_.expect('>');
    if (vector != 1) Lexer::fail(name, "a range of vector registers is not accepted");
    if (count.value > kMaxRegisters) Lexer::fail(count, "too many registers");
    const auto many = static_cast<std::uint32_t>(count.value);
    for (std::uint32_t n = 0; n < many; ++n)
      add_register(std::string(name.text) + std::to_string(n), type, name);
    is_new = scopes_.declare_range(name.text, {Symbol::Kind::reg, first, many, 0});
  } else if (vector == 1) {
    add_register(std::string(name.text), type, name);
    is_new = scopes_.declare(name.text, {Symbol::Kind::reg, first, 1, 0});
  } else {
    for (std::uint32_t n = 0; n < vector; ++n)
      add_register(std::string(name.text) + "." + "xyzw"[n], type, name);
    is_new = scopes_.declare(name.text, {Symbol::Kind::vector, first, vector, 0});
  }
  if (!is_new) Lexer::fail(name, "'" + std::string(name.text) + "' is declared twice");
}

std::uint32_t BodyParser::add_register(std::string name, Type type, const Token& at) {
  if (function_.regs.size() == kMaxRegisters) Lexer::fail(at, "too many registers");
  function_.regs.push_back({std::move(name), type});
  return static_cast<std::uint32_t>(function_.regs.size() - 1);
}

/// Declares variables of the body. A .param variable that has the name and shape of one whose
/// scope has ended takes its place; every other name that is taken gets a suffix.
void BodyParser::variables(Space space) {
  for (Variable& variable : parse_variables(lexer_, space, {})) {
    const std::string_view name = scopes_.keep(variable.name);
    const Location at = variable.at;
    auto index = static_cast<std::uint32_t>(function_.variables.size());
    const std::string shape = variable.name + ' ' +
                              std::to_string(static_cast<int>(variable.type)) + ' ' +
                              std::to_string(variable.size) + ' ' + std::to_string(variable.align);
    const auto reusable = param_shapes_.find(shape);
    if (space == Space::param && reusable != param_shapes_.end() && !scopes_.find(name)) {
      index = reusable->second;
    } else {
      const auto [times, is_new] = variable_names_.try_emplace(variable.name, 1);
      if (!is_new || operands_.is_declared(name))
        variable.name += '@' + std::to_string(++times->second);
      if (space == Space::param) param_shapes_.try_emplace(shape, index);
      function_.variables.push_back(std::move(variable));
    }
    if (!scopes_.declare(name, {Symbol::Kind::variable, index, 1, 0}))
      throw Error(at, "'" + std::string(name) + "' is declared twice");
  }
}

void BodyParser::branch_targets(const Token& name) {
  const std::size_t index = function_.targets.size();
  function_.targets.push_back({std::string(name.text), {}});
  std::vector<std::int64_t>& targets = function_.targets.back().labels;
  do {
    const Token target = lexer_.expect_word("a label");
    labels_.refer({target.text, target.at, index, targets.size(), true});
    targets.push_back(0);
  } while (lexer_.accept(','));
  lexer_.expect(';');
}

void BodyParser::call_targets(const Token& name) {
  Function::CallTargets targets{std::string(name.text), {}};
  do {
    const Token target = lexer_.expect_word("the name of a function");
    if (!operands_.is_declared(target.text))
      Lexer::fail(target, "unknown function '" + std::string(target.text.substr(0, 80)) + "'");
    targets.functions.emplace_back(target.text);
  } while (lexer_.accept(','));
  lexer_.expect(';');
  function_.call_targets.push_back(std::move(targets));
}

/// prototype: .callprototype (.param .b32 _) _ (.param .b64 _) [.noreturn];
void BodyParser::call_prototype(const Token& name) {
  Function::Prototype prototype;
  prototype.name = name.text;
  if (lexer_.peek().is('(')) prototype.returns = parse_params(lexer_);
  lexer_.expect_word("'_'");
  if (lexer_.peek().is('(')) prototype.params = parse_params(lexer_);
  while (lexer_.accept_directive(".noreturn") || lexer_.accept_directive(".unified")) {
  }
  while (lexer_.accept_directive(".abi_preserve") ||
         lexer_.accept_directive(".abi_preserve_control"))
    lexer_.expect_integer("a number");
  lexer_.expect(';');
  function_.prototypes.push_back(std::move(prototype));
}

}  // namespace vgpu::ptx
