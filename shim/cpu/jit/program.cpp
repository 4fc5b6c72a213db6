#include "shim/cpu/jit/program.h"

#include <map>

#include "shim/cpu/jit/kernel.h"

namespace vgpu::jit {

namespace {

class LinkedProgram final : public Program {
 public:
  LinkedProgram(std::vector<ptx::Module> modules, VariableMemory memory)
      : linkage_(std::move(modules), std::move(memory)) {
    for (unsigned n = 0; n < linkage_.module_count(); ++n) {
      for (const ptx::Function& function : linkage_.module(n).functions) {
        if (!function.entry || function.body_text.empty()) continue;
        const Symbol* const symbol = linkage_.find(n, function.name);
        if (symbol == nullptr || symbol->function != &function) continue;
        owned_.push_back(std::make_unique<Kernel>(linkage_, *symbol));
        kernels_.push_back(owned_.back().get());
        by_name_.emplace(function.name, owned_.back().get());
      }
    }
    for (const LoadedVariable& each : linkage_.loaded()) variables_.emplace(each.name, &each);
  }

  std::span<Kernel* const> kernels() const override { return kernels_; }

  Kernel* find_kernel(std::string_view name) const override {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  const LoadedVariable* find_variable(std::string_view name) const override {
    const auto found = variables_.find(name);
    return found == variables_.end() ? nullptr : found->second;
  }

  std::span<const LoadedVariable> variables() const override { return linkage_.loaded(); }

 private:
  Linkage linkage_;
  std::vector<std::unique_ptr<Kernel>> owned_;
  std::vector<Kernel*> kernels_;
  std::map<std::string, Kernel*, std::less<>> by_name_;
  std::map<std::string, const LoadedVariable*, std::less<>> variables_;
};

}  // namespace

std::unique_ptr<Program> Program::link(std::vector<ptx::Module> modules, VariableMemory memory) {
  return std::make_unique<LinkedProgram>(std::move(modules), std::move(memory));
}

const KernelInfo& info(const Kernel& kernel) noexcept {
  // Measuring the body is lazy; the kernel guards itself.
  return const_cast<Kernel&>(kernel).info();
}

const KernelInfo& declaration(const Kernel& kernel) noexcept { return kernel.declaration(); }

void check(Kernel& kernel, Dim3 block) { kernel.check(class_of(block)); }

void prepare(Kernel& kernel, Dim3 block) { static_cast<void>(kernel.variant(class_of(block))); }

}  // namespace vgpu::jit
