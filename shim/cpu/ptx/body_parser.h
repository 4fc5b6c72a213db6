#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shim/cpu/ptx/check.h"
#include "shim/cpu/ptx/operand.h"
#include "shim/cpu/ptx/scope.h"
#include "shim/cpu/ptx/token.h"

namespace vgpu::ptx {

/// Reads one body into `function_`.
class BodyParser {
 public:
  BodyParser(const Module& module, Function& function)
      : module_(module),
        function_(function),
        lexer_(function.body_text, 0, function.body_at),
        operands_(lexer_, scopes_, module, function) {}

  void parse();

 private:
  void declare_params();
  void open_scope();
  void close_scope();
  void statement();
  bool directive();
  void registers();
  void add_registers(const Token& name, Type type, std::uint32_t vector);
  std::uint32_t add_register(std::string name, Type type, const Token& at);
  void variables(Space space);
  void loc();
  void label(const Token& name);
  void branch_targets(const Token& name);
  void call_prototype(const Token& name);
  void call_targets(const Token& name);
  void instruction(std::int32_t guard, bool negated, Location at, const Token& dotted);
  static void unwrap(Instruction& instruction);
  void branch_target(Instruction& instruction);
  void remember_list_name(const Instruction& instruction);
  const Head& head_of(const Token& dotted);
  void check_names() const;

  const Module& module_;
  Function& function_;
  Lexer lexer_;
  Scopes scopes_;
  Labels labels_;
  OperandParser operands_;
  std::vector<OperandPlace> places_;
  std::unordered_map<std::string_view, std::unique_ptr<Head>> heads_;
  std::unordered_map<std::string, std::uint32_t> variable_names_;  // name -> times declared
  std::unordered_map<std::string, std::uint32_t> param_shapes_;    // name and shape -> index
  std::vector<std::pair<std::string, Location>> list_names_;  // of brx and call, checked at the end
};

}  // namespace vgpu::ptx
