#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "shim/cpu/jit/flatten.h"

namespace vgpu::jit {

/// The state of flatten(). Parameters of inlined calls (.param variables) become registers where
/// every access of them agrees on offset and size, and local memory elsewhere.
class Flattener {
 public:
  Flattener(const Linkage& linkage, Inlining inlining, SharedLayout& shared, Code& code)
      : linkage_(linkage), inlining_(inlining), shared_(shared), code_(code) {}
  void run(const Symbol& symbol);

 private:
  /// What a name of a function body stands for.
  struct Name {
    enum class Kind : std::uint8_t { shared, dynamic_shared, local, param_var, param_block };
    Kind kind = Kind::local;
    std::int64_t value = 0;
  };
  /// One function body put into the code, at the root or by inlining.
  struct Instance {
    const ptx::Function* function = nullptr;
    unsigned module = 0;
    bool root = false;
    std::int64_t reg_base = 0;
    std::map<std::string, Name, std::less<>> names;
    std::vector<std::uint32_t> index;    ///< of each instruction of the body, in the code
    std::vector<std::uint32_t> pending;  ///< instructions whose labels are still the body's
  };
  /// A .param variable that is no kernel parameter.
  struct ParamVar {
    std::uint64_t size = 0;
    std::uint32_t align = 1;
    bool in_memory = false;  ///< its address is a value, or accesses overlap
    std::map<std::uint64_t, std::pair<std::uint64_t, std::int64_t>> parts;  ///< offset: size, reg
    std::int64_t local = -1;
  };
  struct Access {
    std::uint32_t inst = 0;
    std::size_t var = 0;
  };

  // flatten.cpp
  Instance make_instance(const Symbol& symbol, bool root);
  void declare_variables(Instance& instance);
  void declare_root_params(Instance& instance);
  void body(Instance& instance);
  void instruction(Instance& instance, const ptx::Instruction& inst);
  void finish(Instance& instance);
  void resolve(Instance& instance, ptx::Instruction& inst, ptx::Operand& operand, unsigned index);
  void resolve_name(Instance& instance, ptx::Instruction& inst, ptx::Operand& operand,
                    unsigned index);
  void resolve_symbol(Instance& instance, ptx::Operand& operand, unsigned index);
  void rename(const Instance& instance, ptx::Instruction& inst) const;
  std::uint32_t emit(ptx::Instruction inst);
  std::uint32_t shared_offset(const ptx::Variable& variable);
  std::int64_t module_local(const ptx::Variable& variable);
  std::int64_t local_offset(std::uint64_t size, std::uint64_t align);
  [[noreturn]] void fail(const ptx::Instruction& inst, const std::string& why) const;

  // flatten_call.cpp
  struct CallParts {
    const ptx::Operand* results = nullptr;
    const ptx::Operand* target = nullptr;
    const ptx::Operand* arguments = nullptr;
    const ptx::Operand* prototype = nullptr;
  };
  static CallParts parts_of(const ptx::Instruction& inst);
  void call(Instance& instance, const ptx::Instruction& inst);
  void inline_call(Instance& caller, const ptx::Instruction& inst, const CallParts& parts,
                   const Symbol& target);
  void outline_call(Instance& caller, const ptx::Instruction& inst, const CallParts& parts,
                    const Symbol* target);
  void runtime_call(Instance& caller, const ptx::Instruction& inst, const CallParts& parts,
                    const ptx::Function& declared);
  bool must_outline(const Symbol& target) const;
  std::size_t actual_var(Instance& caller, const ptx::Instruction& inst, const ptx::Operand& actual,
                         const ptx::Param& formal, bool is_result);
  std::size_t new_var(std::uint64_t size, std::uint32_t align);
  void bind(Instance& callee, Instance& caller, const ptx::Instruction& inst,
            const ptx::Operand* actuals, const std::vector<ptx::Param>& formals, bool results);
  void copy_results(Instance& callee, Instance& caller, const ptx::Instruction& inst,
                    const ptx::Operand* actuals);
  void copy_var(const ptx::Instruction& inst, std::size_t var, std::uint64_t area,
                const ptx::Param& formal, bool to_area);
  std::int64_t load_var(const ptx::Instruction& inst, std::size_t var, ptx::Type type);
  std::int64_t new_reg(ptx::Type type);

  // flatten_stack.cpp
  bool uses_stack(const ptx::Function& function) const;
  std::int64_t stack_register();
  void stack(const ptx::Instruction& inst);
  void allocate_stack(const ptx::Instruction& inst);
  void move(const ptx::Instruction& inst, const ptx::Operand& to, const ptx::Operand& from);

  // flatten_params.cpp
  void access(ptx::Instruction inst, unsigned operand, std::size_t var);
  void collect_parts();
  void place_params();
  void rewrite(ptx::Instruction& inst, const ParamVar& var);

  const Linkage& linkage_;
  const Inlining inlining_;
  SharedLayout& shared_;
  std::map<const ptx::Variable*, std::int64_t> module_locals_;
  Code& code_;
  std::vector<const ptx::Function*> active_;  ///< being inlined, to find recursion
  std::vector<ParamVar> vars_;
  std::vector<Access> accesses_;
  std::int64_t stack_reg_ = -1;   ///< how much of the stack of alloca is in use
  std::int64_t stack_base_ = -1;  ///< of that stack, in local memory
};

/// The unsigned type of this size, or none. Units: bytes.
ptx::Type bits_of_size(std::uint64_t size) noexcept;

}  // namespace vgpu::jit
