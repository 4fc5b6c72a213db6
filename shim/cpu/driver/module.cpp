#include "shim/cpu/driver/module.h"

#include <algorithm>
#include <stdexcept>

#include "shim/cpu/driver/address_map.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/library.h"
#include "shim/cpu/driver/ptx_error.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu {
namespace {

/// Variables live in the device's memory, managed ones where both sides see them.
jit::VariableMemory variable_memory(const std::shared_ptr<Context>& context) {
  jit::VariableMemory memory;
  memory.allocate = [context](std::size_t size, std::size_t align, bool managed) -> void* {
    size = std::max<std::size_t>(size, 1);
    std::uint64_t mapped = 0;
    void* const got =
        managed ? map_host_memory(size, mapped) : context->device().arena.allocate(size, align);
    if (got == nullptr) throw std::bad_alloc();
    const auto made =
        make_allocation(context, managed ? Allocation::Kind::managed : Allocation::Kind::module,
                        reinterpret_cast<std::uint64_t>(got), size);
    made->mapped = mapped;
    made->of_module = true;
    address_map().add(made);
    return got;
  };
  memory.release = [](void* at) {
    const auto taken = address_map().take(reinterpret_cast<std::uint64_t>(at));
    if (taken != nullptr) release_memory(*taken);
  };
  return memory;
}

}  // namespace

std::shared_ptr<Function> Module::find_function(std::string_view name) const {
  for (const auto& function : functions)
    if (function->declaration().name == name) return function;
  return nullptr;
}

std::shared_ptr<Module> load_module(const std::shared_ptr<Context>& context,
                                    std::vector<ptx::Module> texts, std::string& log) {
  auto module = std::make_shared<Module>();
  module->context = context;
  module->context_id = context->id();
  translate_ptx_errors(log, [&] {
    module->program = jit::Program::link(std::move(texts), variable_memory(context));
  });
  const int shared_limit = context->device().attribute(8);
  for (jit::Kernel* const kernel : module->program->kernels()) {
    module->functions.push_back(std::make_shared<Function>(*kernel, module, shared_limit));
    handles<Function>().add(module->functions.back());
  }
  handles<Module>().add(module);
  return module;
}

void unload_module(const std::shared_ptr<Module>& module) {
  for (const auto& function : module->functions) handles<Function>().take(function.get());
  handles<Module>().take(module.get());
}

void forget_modules(Context& context) {
  for (const auto& library : handles<Library>().all()) {
    const std::lock_guard lock(library->mutex);
    library->modules.erase(context.id());
  }
  const auto gone = handles<Module>().take_if(
      [&](const Module& module) { return module.context.get() == &context; });
  for (const auto& module : gone)
    for (const auto& function : module->functions) handles<Function>().take(function.get());
}

std::shared_ptr<Function> find_function(CUfunction handle) {
  require(handle != nullptr, CUDA_ERROR_INVALID_HANDLE, "the function is null");
  if (auto function = handles<Function>().find(handle)) return function;
  const auto kernel = handles<LibraryKernel>().find(handle);
  require(kernel != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a function");
  return kernel->function_in(current_context());
}

}  // namespace vgpu::cpu
