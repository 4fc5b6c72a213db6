#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::ptx {

/// What a name in a body stands for.
struct Symbol {
  enum class Kind : std::uint8_t {
    reg,       ///< index into Function::regs
    vector,    ///< `count` registers from index on: .reg .v4
    variable,  ///< index into Function::variables
    param,     ///< a parameter of the function; index is not used
  };
  Kind kind = Kind::reg;
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  std::uint32_t depth = 0;
};

/// The names of a body and its nested scopes. Names are views into the module's text.
class Scopes {
 public:
  void open();
  void close();
  std::size_t depth() const noexcept { return marks_.size(); }

  /// False when the innermost scope already has that name.
  bool declare(std::string_view name, Symbol symbol);
  /// %r<100>: the registers %r0 to %r99 are those from symbol.index on.
  bool declare_range(std::string_view prefix, Symbol symbol);

  std::optional<Symbol> find(std::string_view name) const;

  /// A view of `name` that lives as long as the scopes.
  std::string_view keep(const std::string& name) { return *kept_.insert(name).first; }

 private:
  using Map = std::unordered_map<std::string_view, Symbol>;
  struct Undo {
    Map* map;
    std::string_view name;
    std::optional<Symbol> before;
  };
  bool put(Map& map, std::string_view name, Symbol symbol);

  std::unordered_set<std::string> kept_;
  Map names_;
  Map ranges_;
  std::vector<Undo> undo_;
  std::vector<std::size_t> marks_;  // undo_.size() when each scope opened
};

/// Labels and the references to them, which may stand before the label.
class Labels {
 public:
  /// Where a resolved reference is to be written.
  struct Reference {
    std::string_view name;
    Location at;
    std::size_t instruction = 0;  ///< index into body, operand 0; or into targets
    std::size_t element = 0;      ///< of Targets::labels
    bool in_targets = false;
  };

  void open();
  /// Resolves what it can in the innermost scope and hands the rest to the scope around it.
  void close(Function& function);

  /// False when the innermost scope already has that label.
  bool define(std::string_view name, std::size_t index);
  void refer(const Reference& reference);

  /// The first reference that nothing resolved, once every scope is closed.
  const Reference* unresolved() const noexcept { return rest_.empty() ? nullptr : &rest_.front(); }

 private:
  struct Scope {
    std::unordered_map<std::string_view, std::size_t> labels;
    std::vector<Reference> references;
  };
  std::vector<Scope> scopes_;
  std::vector<Reference> rest_;
};

}  // namespace vgpu::ptx
