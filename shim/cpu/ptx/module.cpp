#include <string>

#include "shim/cpu/ptx/ast.h"
#include "shim/cpu/ptx/declaration.h"
#include "shim/cpu/ptx/token.h"

namespace vgpu::ptx {
namespace {

/// Reads the top level of a module into `module_`.
class ModuleParser {
 public:
  explicit ModuleParser(Module& module) : module_(module), lexer_(module.text) {}

  void parse() {
    while (lexer_.peek().kind != Token::Kind::end) statement();
    if (module_.version == 0) lexer_.fail_here("expected .version");
    if (module_.target == 0) lexer_.fail_here("expected .target");
  }

 private:
  void statement();
  void version();
  void target();
  void file();
  void section();
  void alias();
  void pragma();
  void declaration();
  void variables(Space space, Linkage linkage);
  void function(bool entry, Linkage linkage);
  void performance_directives(Function& function);
  std::array<std::uint32_t, 3> sizes();
  std::uint32_t count(const char* what);
  void add(Function function, const Token& name);

  Module& module_;
  Lexer lexer_;
};

void ModuleParser::statement() {
  const Token& next = lexer_.peek();
  if (next.is(';')) {
    lexer_.take();
    return;
  }
  if (next.kind != Token::Kind::directive) lexer_.fail_here("expected a directive");
  if (lexer_.accept_directive(".version")) return version();
  if (module_.version == 0) lexer_.fail_here("expected .version");
  if (lexer_.accept_directive(".target")) return target();
  if (lexer_.accept_directive(".address_size")) {
    const Token size = lexer_.expect_integer("the size of an address");
    if (size.value != 64 && size.value != 32) Lexer::fail(size, ".address_size is 32 or 64");
    module_.address_size = static_cast<int>(size.value);
    return;
  }
  if (module_.target == 0) lexer_.fail_here("expected .target");
  if (next.is_directive(".file")) return file();
  if (next.is_directive(".section")) return section();
  if (next.is_directive(".alias")) return alias();
  if (next.is_directive(".pragma")) return pragma();
  declaration();
}

void ModuleParser::version() {
  const Token number = lexer_.take();
  const std::size_t dot = number.text.find('.');
  const bool digits = number.text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (number.kind != Token::Kind::f64 || !digits || dot == std::string_view::npos ||
      number.text.size() > 6)
    Lexer::fail(number, "expected a version such as 7.5");
  const auto part = [](std::string_view text) {
    int value = 0;
    for (const char c : text) value = value * 10 + (c - '0');
    return value;
  };
  module_.version = part(number.text.substr(0, dot)) * 10 + part(number.text.substr(dot + 1));
  if (module_.version == 0) Lexer::fail(number, "expected a version such as 7.5");
}

void ModuleParser::target() {
  do {
    const Token name = lexer_.expect_word("a target");
    std::string_view text = name.text;
    const bool known_option = text == "debug" || text == "texmode_unified" ||
                              text == "texmode_independent" || text == "map_f64_to_f32";
    if (known_option) continue;
    if (text.substr(0, 3) != "sm_") Lexer::fail(name, "expected a target such as sm_75");
    text.remove_prefix(3);
    module_.target_suffix = 0;
    if (!text.empty() && (text.back() == 'a' || text.back() == 'f')) {
      module_.target_suffix = text.back();
      text.remove_suffix(1);
    }
    const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (text.empty() || text.size() > 4 || !digits)
      Lexer::fail(name, "expected a target such as sm_75");
    module_.target = std::stoi(std::string(text));
  } while (lexer_.accept(','));
}

/// .file 1 "name" [, time, size]
void ModuleParser::file() {
  lexer_.take();
  lexer_.expect_integer("the number of a file");
  if (lexer_.peek().kind != Token::Kind::string) lexer_.fail_here("expected the name of a file");
  lexer_.take();
  while (lexer_.accept(',')) lexer_.expect_integer("a number");
}

/// .section .debug_info { ... }: debug information, which nothing here reads.
void ModuleParser::section() {
  lexer_.take();
  if (lexer_.peek().kind != Token::Kind::directive && lexer_.peek().kind != Token::Kind::word)
    lexer_.fail_here("expected the name of a section");
  lexer_.take();
  lexer_.take_braces();
}

void ModuleParser::alias() {
  lexer_.take();
  Module::Alias alias;
  const Token name = lexer_.expect_word("the name of a function");
  alias.name = name.text;
  lexer_.expect(',');
  const Token target = lexer_.expect_word("the name of a function");
  if (module_.find_function(target.text) == nullptr)
    Lexer::fail(target, "unknown function '" + std::string(target.text) + "'");
  alias.target = target.text;
  lexer_.expect(';');
  if (!module_.alias_index.try_emplace(alias.name, module_.aliases.size()).second)
    Lexer::fail(name, "'" + alias.name + "' is already an alias");
  module_.aliases.push_back(std::move(alias));
}

void ModuleParser::pragma() {
  lexer_.take();
  do {
    if (lexer_.peek().kind != Token::Kind::string) lexer_.fail_here("expected a string");
    lexer_.take();
  } while (lexer_.accept(','));
  lexer_.expect(';');
}

void ModuleParser::declaration() {
  const Linkage linkage = parse_linkage(lexer_);
  if (lexer_.accept_directive(".entry")) return function(true, linkage);
  if (lexer_.accept_directive(".func")) return function(false, linkage);
  if (lexer_.accept_directive(".global")) return variables(Space::global, linkage);
  if (lexer_.accept_directive(".const")) return variables(Space::constant, linkage);
  if (lexer_.accept_directive(".shared")) return variables(Space::shared, linkage);
  if (lexer_.accept_directive(".local")) return variables(Space::local, linkage);
  // .tex declares a texture reference, which is a .texref in global memory by an older name.
  if (lexer_.accept_directive(".tex")) return variables(Space::global, linkage);
  lexer_.fail_here("expected a declaration");
}

void ModuleParser::variables(Space space, Linkage linkage) {
  for (Variable& variable : parse_variables(lexer_, space, linkage)) {
    const auto fail = [&](const char* why) {
      throw Error(variable.at, "'" + variable.name + "' " + why);
    };
    if (module_.find_function(variable.name) != nullptr) fail("is already a function");
    const auto [known, is_new] =
        module_.variable_index.try_emplace(variable.name, module_.variables.size());
    if (is_new) {
      module_.variables.push_back(std::move(variable));
      continue;
    }
    Variable& earlier = module_.variables[known->second];
    if (!earlier.external && !variable.external) fail("is already defined");
    if (earlier.external) earlier = std::move(variable);
  }
}

void ModuleParser::function(bool entry, Linkage linkage) {
  Function function;
  function.entry = entry;
  function.visible = linkage.visible;
  function.weak = linkage.weak;
  if (lexer_.accept_directive(".attribute")) {
    lexer_.expect('(');
    while (!lexer_.accept(')')) {
      if (lexer_.peek().kind == Token::Kind::end) lexer_.fail_here("expected ')'");
      lexer_.take();
    }
  }
  if (!entry && lexer_.peek().is('(')) function.returns = parse_params(lexer_);
  const Token name = lexer_.expect_word("the name of a function");
  function.name = name.text;
  function.at = name.at;
  if (lexer_.peek().is('(')) function.params = parse_params(lexer_);
  performance_directives(function);
  if (lexer_.accept(';')) {
    function.external = true;
  } else {
    const Token body = lexer_.take_braces();
    function.body_text = body.text;
    function.body_at = body.at;
  }
  add(std::move(function), name);
}

std::uint32_t ModuleParser::count(const char* what) {
  const Token number = lexer_.expect_integer(what);
  if (number.value > 0xffffffffU) Lexer::fail(number, "number is too large");
  return static_cast<std::uint32_t>(number.value);
}

/// "128, 1, 1"; what is left out is 1.
std::array<std::uint32_t, 3> ModuleParser::sizes() {
  std::array<std::uint32_t, 3> all{1, 1, 1};
  all[0] = count("a number of threads");
  for (std::size_t n = 1; n < 3 && lexer_.accept(','); ++n) all[n] = count("a number of threads");
  return all;
}

void ModuleParser::performance_directives(Function& function) {
  while (lexer_.peek().kind == Token::Kind::directive) {
    if (lexer_.accept_directive(".maxntid")) {
      function.maxntid = sizes();
    } else if (lexer_.accept_directive(".reqntid")) {
      function.reqntid = sizes();
    } else if (lexer_.accept_directive(".minnctapersm")) {
      function.minnctapersm = count("a number of blocks");
    } else if (lexer_.accept_directive(".maxnreg")) {
      function.maxnreg = count("a number of registers");
    } else if (lexer_.accept_directive(".noreturn")) {
      function.noreturn = true;
    } else if (lexer_.accept_directive(".reqnctapercluster")) {
      sizes();
    } else if (lexer_.accept_directive(".maxnctapersm") ||
               lexer_.accept_directive(".maxclusterrank") ||
               lexer_.accept_directive(".abi_preserve") ||
               lexer_.accept_directive(".abi_preserve_control")) {
      count("a number");
    } else if (lexer_.peek().is_directive(".pragma")) {
      pragma();
    } else if (!lexer_.accept_directive(".explicitcluster") &&
               !lexer_.accept_directive(".blocksareclusters") &&
               !lexer_.accept_directive(".unified")) {
      lexer_.fail_here("expected a directive of a function, '{' or ';'");
    }
  }
}

void ModuleParser::add(Function function, const Token& name) {
  if (module_.find_variable(function.name) != nullptr)
    Lexer::fail(name, "'" + function.name + "' is already a variable");
  const auto [known, is_new] =
      module_.function_index.try_emplace(function.name, module_.functions.size());
  if (is_new) {
    module_.functions.push_back(std::move(function));
    return;
  }
  Function& earlier = module_.functions[known->second];
  if (earlier.entry != function.entry || earlier.params.size() != function.params.size() ||
      earlier.returns.size() != function.returns.size())
    Lexer::fail(name, "'" + function.name + "' was declared differently before");
  if (function.external) return;
  if (!earlier.external) Lexer::fail(name, "'" + function.name + "' is already defined");
  // What the declaration said holds for the definition as well.
  function.visible |= earlier.visible;
  function.weak |= earlier.weak;
  function.noreturn |= earlier.noreturn;
  earlier = std::move(function);
}

}  // namespace

const Variable* Module::find_variable(std::string_view name) const noexcept {
  const auto found = variable_index.find(name);
  return found == variable_index.end() ? nullptr : &variables[found->second];
}

const Module::Alias* Module::find_alias(std::string_view name) const noexcept {
  const auto found = alias_index.find(name);
  return found == alias_index.end() ? nullptr : &aliases[found->second];
}

const Function* Module::find_function(std::string_view name) const noexcept {
  const auto found = function_index.find(name);
  return found == function_index.end() ? nullptr : &functions[found->second];
}

Function* Module::find_function(std::string_view name) noexcept {
  return const_cast<Function*>(static_cast<const Module*>(this)->find_function(name));
}

Module parse_module(std::string text) {
  Module module;
  module.text = std::move(text);
  ModuleParser(module).parse();
  return module;
}

}  // namespace vgpu::ptx
