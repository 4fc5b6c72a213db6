#include "shim/cpu/jit/linkage.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vgpu::jit {

namespace {

constexpr std::size_t kVariableAlign = 16;

}  // namespace

Linkage::Linkage(std::vector<ptx::Module> modules, VariableMemory memory)
    : modules_(std::move(modules)), memory_(std::move(memory)), scopes_(modules_.size()) {
  Hasher hasher;
  for (const ptx::Module& module : modules_) hasher.add(module.text);
  digest_ = hasher.finish();
  for (unsigned n = 0; n < modules_.size(); ++n) declare(n);
  try {
    allocate();
    name_symbols();
    for (unsigned n = 0; n < modules_.size(); ++n) initialise(n);
  } catch (...) {
    for (void* at : allocations_) memory_.release(at);
    throw;
  }
}

Linkage::~Linkage() {
  for (void* at : allocations_) memory_.release(at);
}

void Linkage::declare(unsigned module) {
  for (ptx::Function& function : modules_[module].functions) declare_function(module, function);
  for (const ptx::Variable& variable : modules_[module].variables)
    declare_variable(module, variable);
  Scope& scope = scopes_[module];
  for (const auto& alias : modules_[module].aliases) {
    const auto target = scope.find(alias.target);
    if (target == scope.end())
      throw LinkError("alias '" + alias.name + "' of the undefined '" + alias.target + "'");
    scope[alias.name] = target->second;
    exported_.emplace(alias.name, target->second);
  }
}

void Linkage::declare_function(unsigned module, ptx::Function& function) {
  if (function.body_text.empty()) return;
  auto symbol = std::make_shared<Symbol>();
  symbol->kind = Symbol::Kind::function;
  symbol->module = module;
  symbol->function = &function;
  symbol->cell = std::make_unique<FunctionCell>(FunctionCell{symbol.get()});
  add(module, function.name, function.visible || function.entry, function.weak, std::move(symbol));
}

void Linkage::declare_variable(unsigned module, const ptx::Variable& variable) {
  const bool unsized = variable.external && variable.size == 0;
  // An `extern .shared x[]` is the launch's dynamic shared memory: it has no definition.
  if (variable.external && !(unsized && variable.space == ptx::Space::shared)) return;
  auto symbol = std::make_shared<Symbol>();
  symbol->module = module;
  symbol->variable = &variable;
  symbol->kind = variable.space == ptx::Space::shared  ? Symbol::Kind::shared
                 : variable.space == ptx::Space::local ? Symbol::Kind::local
                                                       : Symbol::Kind::memory;
  if (unsized)
    scopes_[module].emplace(variable.name, std::move(symbol));
  else
    add(module, variable.name, variable.visible, variable.weak, std::move(symbol));
}

void Linkage::add(unsigned module, const std::string& name, bool exported, bool weak,
                  std::shared_ptr<Symbol> symbol) {
  if (!scopes_[module].emplace(name, symbol).second)
    throw LinkError("'" + name + "' is defined twice in one module");
  if (!exported && !weak) return;
  const auto found = exported_.find(name);
  if (found == exported_.end()) {
    exported_.emplace(name, std::move(symbol));
    weak_[name] = weak;
    return;
  }
  if (weak) {
    scopes_[module][name] = found->second;  // the first definition serves every module
  } else if (weak_[name]) {
    found->second = std::move(symbol);
    weak_[name] = false;
  } else {
    throw LinkError("'" + name + "' is defined in two modules");
  }
}

const Symbol* Linkage::find(unsigned from, std::string_view name) const {
  const auto own = scopes_[from].find(name);
  if (own != scopes_[from].end()) {
    // A weak definition gives way to a strong one of another module.
    const auto weak = weak_.find(name);
    if (weak == weak_.end()) return own->second.get();
    return exported_.find(name)->second.get();
  }
  const auto other = exported_.find(name);
  return other == exported_.end() ? nullptr : other->second.get();
}

const ptx::Function& Linkage::parsed(const Symbol& symbol) const {
  const std::lock_guard lock(parsing_);
  if (!symbol.function->parsed) ptx::parse_body(modules_[symbol.module], *symbol.function);
  return *symbol.function;
}

/// Numbers what has an address. Scopes are sorted, so the numbers hang on the texts alone.
void Linkage::name_symbols() {
  for (const Scope& scope : scopes_) {
    for (const auto& [name, symbol] : scope) {
      if (!symbol->link_name.empty()) continue;
      std::uint64_t at = symbol->address;
      if (symbol->kind == Symbol::Kind::function)
        at = reinterpret_cast<std::uintptr_t>(symbol->cell.get());
      if (at == 0) continue;
      symbol->link_name = "vgpu_at" + std::to_string(addresses_.size());
      addresses_.push_back({symbol->link_name, at});
    }
  }
}

void Linkage::allocate() {
  for (unsigned n = 0; n < modules_.size(); ++n) {
    for (auto& [name, symbol] : scopes_[n]) {
      if (symbol->kind != Symbol::Kind::memory || symbol->address != 0) continue;
      if (find(n, name) != symbol.get()) continue;
      const ptx::Variable& variable = *symbol->variable;
      // Reads of the JIT may reach past the last element, up to the next 16 bytes.
      const std::size_t bytes = std::max<std::size_t>(variable.size, 1) + kVariableAlign;
      const std::size_t align = std::max<std::size_t>(variable.align, kVariableAlign);
      void* at = memory_.allocate(bytes, align, variable.managed);
      if (at == nullptr) throw std::bad_alloc();
      allocations_.push_back(at);
      symbol->address = reinterpret_cast<std::uint64_t>(at);
      loaded_.push_back({name, at, variable.size, variable.managed});
    }
  }
}

void Linkage::initialise(unsigned module) {
  for (const auto& [name, symbol] : scopes_[module]) {
    if (symbol->kind != Symbol::Kind::memory || symbol->module != module) continue;
    if (symbol->address == 0) continue;
    const ptx::Variable& variable = *symbol->variable;
    auto* const at = reinterpret_cast<std::byte*>(symbol->address);
    const std::size_t given = std::min<std::size_t>(variable.init.size(), variable.size);
    std::memset(at, 0, variable.size);
    if (given != 0) std::memcpy(at, variable.init.data(), given);
    for (const auto& init : variable.addresses) write_address(module, variable, init, at);
  }
}

void Linkage::write_address(unsigned module, const ptx::Variable& variable,
                            const ptx::AddressInit& init, std::byte* at) {
  const Symbol* const target = find(module, init.symbol);
  if (target == nullptr)
    throw LinkError("'" + variable.name + "' holds the address of the undefined '" + init.symbol +
                    "'");
  if (init.size > 8 || init.at + init.size > variable.size)
    throw LinkError("'" + variable.name + "' is too small for its initialiser");
  std::uint64_t value = 0;
  switch (target->kind) {
    case Symbol::Kind::memory:
      value = target->address;
      break;
    case Symbol::Kind::function:
      value = reinterpret_cast<std::uint64_t>(target->cell.get());
      in_variables_.push_back(target);
      break;
    case Symbol::Kind::shared:
    case Symbol::Kind::local:
      throw LinkError("'" + variable.name + "' holds the address of '" + init.symbol +
                      "', which has none before a kernel runs");
  }
  value += static_cast<std::uint64_t>(init.offset);
  std::memcpy(at + init.at, &value, init.size);
}

}  // namespace vgpu::jit
