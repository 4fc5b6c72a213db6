#pragma once

#include <vector>

#include "shim/cpu/ptx/ast.h"
#include "shim/cpu/ptx/check.h"
#include "shim/cpu/ptx/scope.h"
#include "shim/cpu/ptx/token.h"

namespace vgpu::ptx {

/// Reads operands: "%p|%q, {%r1, %r2}, [%rd1+8], 0f3F800000".
class OperandParser {
 public:
  OperandParser(Lexer& lexer, const Scopes& scopes, const Module& module, const Function& function)
      : lexer_(lexer), scopes_(scopes), module_(module), function_(function) {}

  /// Reads all operands up to the ';', which is left. `names_are_free`: of brx and call, a name
  /// that nothing declares may be a prototype or list that is.
  void parse(Instruction& instruction, std::vector<OperandPlace>& places, bool names_are_free);

  /// A register that is no vector, for guards. Errors: ptx::Error.
  std::int32_t guard_register(const Token& name) const;

  /// True for variables, functions and aliases of the module.
  bool is_declared(std::string_view name) const;

 private:
  Operand operand();
  Operand simple();
  Operand number();
  Operand resolved(const Token& word);
  std::optional<Operand> vector_element(std::string_view word) const;
  std::optional<Operand> part_of_register(std::string_view word) const;
  std::optional<Operand> resolved_symbol(std::string_view word) const;
  Operand memory();
  void elements(Operand& into, char close);

  Lexer& lexer_;
  const Scopes& scopes_;
  const Module& module_;
  const Function& function_;
  bool names_are_free_ = false;
};

}  // namespace vgpu::ptx
