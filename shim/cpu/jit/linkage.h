#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "shim/cpu/jit/digest.h"
#include "shim/cpu/jit/program.h"
#include "shim/cpu/ptx/ast.h"

namespace vgpu::jit {

struct Symbol;

/// A name that machine code refers to, and where that is in this process.
struct Address {
  std::string name;
  std::uint64_t at = 0;
};

/// What a function pointer of PTX points at: never code, so that it exists before any is compiled.
struct FunctionCell {
  const Symbol* symbol = nullptr;
};

/// One defined name of a linked program.
struct Symbol {
  enum class Kind : std::uint8_t { memory, shared, local, function };
  Kind kind = Kind::memory;
  unsigned module = 0;                      ///< names in its body are looked up from here
  const ptx::Variable* variable = nullptr;  ///< of memory, shared and local
  ptx::Function* function = nullptr;
  std::uint64_t address = 0;           ///< of memory: on the host
  std::string link_name;               ///< of memory and function: the same in every process
  std::unique_ptr<FunctionCell> cell;  ///< of function
};

/// The names of several modules, joined, with storage for the variables.
class Linkage {
 public:
  /// Errors: LinkError, std::bad_alloc.
  Linkage(std::vector<ptx::Module> modules, VariableMemory memory);
  ~Linkage();
  Linkage(const Linkage&) = delete;
  Linkage& operator=(const Linkage&) = delete;

  /// The symbol that `name` means inside module `from`, or nullptr.
  const Symbol* find(unsigned from, std::string_view name) const;

  /// `symbol`'s function with its body parsed. Errors: ptx::Error.
  const ptx::Function& parsed(const Symbol& symbol) const;

  const ptx::Module& module(unsigned index) const { return modules_[index]; }
  std::size_t module_count() const noexcept { return modules_.size(); }
  const std::vector<LoadedVariable>& loaded() const noexcept { return loaded_; }
  /// Every Symbol::link_name, and what it is worth in this process.
  const std::vector<Address>& addresses() const noexcept { return addresses_; }
  /// Of all that code depends on, besides the processor and ourselves: the modules' texts.
  const Digest& digest() const noexcept { return digest_; }
  /// Functions whose address is in a variable's initialiser.
  const std::vector<const Symbol*>& in_variables() const noexcept { return in_variables_; }

 private:
  using Scope = std::map<std::string, std::shared_ptr<Symbol>, std::less<>>;
  void declare(unsigned module);
  void declare_function(unsigned module, ptx::Function& function);
  void declare_variable(unsigned module, const ptx::Variable& variable);
  void add(unsigned module, const std::string& name, bool exported, bool weak,
           std::shared_ptr<Symbol> symbol);
  void name_symbols();
  void allocate();
  void initialise(unsigned module);
  void write_address(unsigned module, const ptx::Variable& variable, const ptx::AddressInit& init,
                     std::byte* at);

  std::vector<ptx::Module> modules_;
  VariableMemory memory_;
  std::vector<Scope> scopes_;  ///< of each module: its own names
  Scope exported_;
  std::map<std::string, bool, std::less<>> weak_;
  std::vector<void*> allocations_;
  std::vector<LoadedVariable> loaded_;
  std::vector<Address> addresses_;
  Digest digest_{};
  std::vector<const Symbol*> in_variables_;
  mutable std::mutex parsing_;
};

}  // namespace vgpu::jit
