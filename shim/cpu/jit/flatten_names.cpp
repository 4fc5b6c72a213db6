#include <algorithm>

#include "shim/cpu/jit/emit.h"
#include "shim/cpu/jit/flattener.h"

namespace vgpu::jit {

using ptx::Operand;
using ptx::Space;

namespace {

constexpr std::uint64_t kMaxLocalBytes = 512u << 10;   // CUDA's own limit per thread
constexpr std::uint64_t kMaxSharedBytes = 256u << 10;  // beyond any device

}  // namespace

void Flattener::resolve(Instance& instance, ptx::Instruction& inst, Operand& operand,
                        unsigned index) {
  if (operand.kind == Operand::Kind::symbol) return resolve_symbol(instance, operand, index);
  for (Operand& element : operand.elements)
    if (element.kind == Operand::Kind::symbol) fail(inst, "a vector holds an address");
  if (operand.kind != Operand::Kind::memory) return;
  if (!operand.base_is_reg) return resolve_name(instance, inst, operand, index);
  // The parameters of inlined functions that are read through a register are in local memory.
  if (inst.space == Space::param && !instance.root) inst.space = Space::local;
}

void Flattener::resolve_name(Instance& instance, ptx::Instruction& inst, Operand& operand,
                             unsigned index) {
  if (operand.name.empty()) {
    operand.offset += operand.value;  // a constant address
    operand.value = 0;
    return;
  }
  const auto found = instance.names.find(operand.name);
  if (found != instance.names.end() && found->second.kind == Name::Kind::param_var) {
    accesses_.push_back({static_cast<std::uint32_t>(code_.insts.size()),
                         static_cast<std::size_t>(found->second.value)});
    operand.name.clear();
    return;
  }
  Operand address = operand;
  address.kind = Operand::Kind::symbol;
  resolve_symbol(instance, address, index);
  const Symbol* const symbol =
      found == instance.names.end() ? linkage_.find(instance.module, operand.name) : nullptr;
  operand.offset = address.value;
  operand.value = 0;
  operand.name = std::move(address.name);
  if (inst.space != Space::generic) return;
  if (found != instance.names.end())
    inst.space = found->second.kind == Name::Kind::local         ? Space::local
                 : found->second.kind == Name::Kind::param_block ? Space::param
                                                                 : Space::shared;
  else if (symbol != nullptr && symbol->kind == Symbol::Kind::shared)
    inst.space = Space::shared;
  else if (symbol != nullptr && symbol->kind == Symbol::Kind::local)
    inst.space = Space::local;
}

void Flattener::resolve_symbol(Instance& instance, Operand& operand, unsigned index) {
  operand.kind = Operand::Kind::imm_int;
  operand.value = operand.offset;
  const auto dynamic = [&] {
    code_.dynamic_operands.emplace_back(static_cast<std::uint32_t>(code_.insts.size()), index);
  };
  if (const auto found = instance.names.find(operand.name); found != instance.names.end()) {
    const Name& name = found->second;
    if (name.kind == Name::Kind::dynamic_shared) dynamic();
    if (name.kind == Name::Kind::param_var) {
      ParamVar& var = vars_[static_cast<std::size_t>(name.value)];
      if (var.local < 0) var.local = local_offset(var.size, var.align);
      var.in_memory = true;
      operand.value += var.local;
    } else {
      operand.value += name.value;
    }
    operand.name.clear();
    return;
  }
  const Symbol* const symbol = linkage_.find(instance.module, operand.name);
  if (symbol == nullptr) throw LinkError("'" + operand.name + "' is not defined");
  switch (symbol->kind) {
    case Symbol::Kind::memory:
      operand.name = symbol->link_name;
      break;
    case Symbol::Kind::function:
      operand.name = symbol->link_name;
      code_.address_taken.push_back(symbol);
      break;
    case Symbol::Kind::shared:
      operand.name.clear();
      if (symbol->variable->external && symbol->variable->size == 0) {
        shared_.dynamic_align = std::max(shared_.dynamic_align, symbol->variable->align);
        dynamic();
      } else {
        operand.value += shared_offset(*symbol->variable);
      }
      break;
    case Symbol::Kind::local:
      operand.value += module_local(*symbol->variable);
      operand.name.clear();
      break;
  }
}

std::uint32_t Flattener::shared_offset(const ptx::Variable& variable) {
  const auto found = shared_.offsets.find(&variable);
  if (found != shared_.offsets.end()) return found->second;
  const std::uint32_t align = std::max<std::uint32_t>(variable.align, 1);
  const std::uint32_t at = (shared_.size + align - 1) / align * align;
  if (align > kMaxSharedBytes || variable.size > kMaxSharedBytes ||
      at + variable.size > kMaxSharedBytes)
    throw Unsupported("'" + variable.name + "': too much shared memory");
  shared_.size = at + static_cast<std::uint32_t>(variable.size);
  shared_.offsets.emplace(&variable, at);
  return at;
}

/// A .local variable of the module: each thread has one, which all functions share.
std::int64_t Flattener::module_local(const ptx::Variable& variable) {
  if (!code_.entry)
    throw Unsupported("'" + variable.name + "': local memory of the module in a called function");
  const auto found = module_locals_.find(&variable);
  if (found != module_locals_.end()) return found->second;
  const std::int64_t at = local_offset(variable.size, variable.align);
  module_locals_.emplace(&variable, at);
  return at;
}

std::int64_t Flattener::local_offset(std::uint64_t size, std::uint64_t align) {
  align = std::max<std::uint64_t>(align, 1);
  const std::uint64_t at = (code_.local_bytes + align - 1) / align * align;
  if (align > kMaxLocalBytes || size > kMaxLocalBytes || at + size > kMaxLocalBytes)
    throw Unsupported(code_.name + " needs more local memory than a thread can have");
  code_.local_bytes = static_cast<std::uint32_t>(at + size);
  return static_cast<std::int64_t>(at);
}

}  // namespace vgpu::jit
