#include <string>
#include <unordered_set>

#include "shim/cpu/ptx/body_parser.h"

namespace vgpu::ptx {
namespace {

constexpr std::size_t kMaxScopes = 256;

}  // namespace

void BodyParser::parse() {
  open_scope();
  declare_params();
  lexer_.expect('{');
  while (scopes_.depth() != 0) {
    if (lexer_.peek().is('{')) {
      if (scopes_.depth() == kMaxScopes) Lexer::fail(lexer_.peek(), "scopes are nested too deeply");
      lexer_.take();
      open_scope();
    } else if (lexer_.peek().is('}')) {
      lexer_.take();
      close_scope();
    } else {
      statement();
    }
  }
  if (const Labels::Reference* reference = labels_.unresolved())
    throw Error(reference->at,
                "unknown label '" + std::string(reference->name.substr(0, 80)) + "'");
  check_names();
}

void BodyParser::open_scope() {
  scopes_.open();
  labels_.open();
}

void BodyParser::close_scope() {
  scopes_.close();
  labels_.close(function_);
}

void BodyParser::statement() {
  if (lexer_.peek().is(';')) {
    lexer_.take();
    return;
  }
  if (lexer_.peek().kind == Token::Kind::directive) {
    if (!directive()) lexer_.fail_here("expected an instruction or a declaration");
    return;
  }
  std::int32_t guard = -1;
  bool negated = false;
  const Location at = lexer_.peek().at;
  const bool guarded = lexer_.accept('@');
  if (guarded) {
    negated = lexer_.accept('!');
    guard = operands_.guard_register(lexer_.expect_word("a predicate"));
  }
  if (lexer_.peek().kind != Token::Kind::word) lexer_.fail_here("expected an instruction");
  const Token word = lexer_.take_dotted();
  if (!guarded && lexer_.peek().is(':')) return label(word);
  instruction(guard, negated, at, word);
}

bool BodyParser::directive() {
  if (lexer_.accept_directive(".loc")) {
    loc();
  } else if (lexer_.accept_directive(".reg")) {
    registers();
  } else if (lexer_.accept_directive(".param")) {
    variables(Space::param);
  } else if (lexer_.accept_directive(".shared")) {
    variables(Space::shared);
  } else if (lexer_.accept_directive(".local")) {
    variables(Space::local);
  } else if (lexer_.accept_directive(".global")) {
    variables(Space::global);
  } else if (lexer_.accept_directive(".const")) {
    variables(Space::constant);
  } else if (lexer_.accept_directive(".pragma")) {
    do {
      if (lexer_.peek().kind != Token::Kind::string) lexer_.fail_here("expected a string");
      lexer_.take();
    } while (lexer_.accept(','));
    lexer_.expect(';');
  } else {
    return false;
  }
  return true;
}

/// .loc 1 20 3 [, function_name $L, inlined_at 1 5 7]
void BodyParser::loc() {
  for (int n = 0; n < 3; ++n) lexer_.expect_integer("a number");
  while (lexer_.accept(',')) {
    const Token word = lexer_.expect_word("function_name or inlined_at");
    if (word.text == "function_name") {
      lexer_.expect_word("a label");
      if (lexer_.accept('+')) lexer_.expect_integer("a number");
    } else {
      for (int n = 0; n < 3; ++n) lexer_.expect_integer("a number");
    }
  }
}

void BodyParser::label(const Token& name) {
  lexer_.expect(':');
  if (name.text.find('.') != std::string_view::npos) Lexer::fail(name, "malformed label");
  if (lexer_.accept_directive(".branchtargets")) return branch_targets(name);
  if (lexer_.accept_directive(".callprototype")) return call_prototype(name);
  if (lexer_.accept_directive(".calltargets")) return call_targets(name);
  if (!labels_.define(name.text, function_.body.size()))
    Lexer::fail(name, "label '" + std::string(name.text.substr(0, 80)) + "' is defined twice");
}

const Head& BodyParser::head_of(const Token& dotted) {
  std::unique_ptr<Head>& head = heads_[dotted.text];
  if (!head) head = std::make_unique<Head>(read_head(dotted));
  return *head;
}

void BodyParser::instruction(std::int32_t guard, bool negated, Location at, const Token& dotted) {
  const Head& head = head_of(dotted);
  Instruction instruction;
  instruction.op = head.op;
  instruction.guard = guard;
  instruction.guard_negated = negated;
  instruction.space = head.space;
  instruction.source_space = head.source_space;
  instruction.mods = head.mods;
  instruction.types = head.types;
  instruction.at = at;
  const bool is_call = head.op == Opcode::call_;
  if (head.op == Opcode::bra_) {
    branch_target(instruction);
  } else {
    operands_.parse(instruction, places_, is_call || head.op == Opcode::brx_);
  }
  if (!head.forms.front()->any_operands) unwrap(instruction);
  check_operands(head, function_, instruction, places_);
  if (is_call) check_call(module_, function_, instruction, places_);
  lexer_.expect(';');
  if (is_call || head.op == Opcode::brx_) remember_list_name(instruction);
  function_.body.push_back(std::move(instruction));
}

/// Inline assembly writes ld.u64 {%rd1}, [..] where it means the scalar.
void BodyParser::unwrap(Instruction& instruction) {
  for (Operand& operand : instruction.operands) {
    if (operand.kind != Operand::Kind::vector || operand.elements.size() != 1) continue;
    Operand scalar = std::move(operand.elements.front());
    operand = std::move(scalar);
  }
}

void BodyParser::branch_target(Instruction& instruction) {
  const Token name = lexer_.expect_word("a label");
  places_.assign(1, {name.at, false});
  labels_.refer({name.text, name.at, function_.body.size(), 0, false});
  instruction.operands.emplace_back().kind = Operand::Kind::label;
}

/// The last operand of brx and of an indirect call names a list, which may follow later.
void BodyParser::remember_list_name(const Instruction& instruction) {
  const std::size_t last = instruction.operands.size() - 1;
  const Operand& operand = instruction.operands[last];
  const bool is_list = operand.kind == Operand::Kind::symbol &&
                       (instruction.op == Opcode::brx_ || call_target_index(instruction) != last);
  if (is_list) list_names_.emplace_back(operand.name, places_[last].at);
}

void BodyParser::check_names() const {
  std::unordered_set<std::string_view> known;
  for (const Function::Prototype& prototype : function_.prototypes) known.insert(prototype.name);
  for (const Function::Targets& targets : function_.targets) known.insert(targets.name);
  for (const Function::CallTargets& targets : function_.call_targets) known.insert(targets.name);
  for (const auto& [name, at] : list_names_)
    if (known.count(name) == 0) throw Error(at, "unknown name '" + name.substr(0, 80) + "'");
}

void parse_body(const Module& module, Function& function) {
  if (function.parsed || function.body_text.empty()) return;
  Function parsed = function;  // so that an error leaves nothing half read
  BodyParser(module, parsed).parse();
  parsed.parsed = true;
  function = std::move(parsed);
}

}  // namespace vgpu::ptx
