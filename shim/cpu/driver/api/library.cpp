#include "shim/cpu/driver/library.h"

#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/caller.h"
#include "shim/cpu/driver/code.h"
#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/device.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/jit_log.h"
#include "shim/cpu/driver/load_note.h"
#include "shim/cpu/driver/ptx_error.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {
namespace {

std::shared_ptr<Library> find_library(CUlibrary handle) {
  auto library = handles<Library>().find(handle);
  require(library != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a library");
  return library;
}

std::shared_ptr<LibraryKernel> find_kernel(CUkernel handle) {
  auto kernel = handles<LibraryKernel>().find(handle);
  require(kernel != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a kernel");
  return kernel;
}

/// A library may be loaded with no context current: then the first device's code is taken.
Device& device_to_load_for() {
  const auto context = peek_context();
  return context == nullptr ? device_at(0) : context->device();
}

std::shared_ptr<Library> load(const void* image, std::optional<std::size_t> size,
                              std::string& log) {
  Device& device = device_to_load_for();
  const int capability = capability_for_caller(device);
  auto library = noted_load(device, [&](LoadNote& note) {
    Code code = code_of(image, size, capability, log, &note);
    auto made = std::make_shared<Library>();
    made->parsed = parse_code(code, capability, log, &note);
    made->texts = std::move(code.texts);
    return made;
  });
  for (const ptx::Module& module : library->parsed) {
    for (const ptx::Function& function : module.functions) {
      if (!function.entry || function.body_text.empty()) continue;
      auto kernel = std::make_shared<LibraryKernel>();
      kernel->name = function.name;
      kernel->library = library;
      kernel->params = function.params;
      handles<LibraryKernel>().add(kernel);
      library->kernels.push_back(std::move(kernel));
    }
  }
  handles<Library>().add(library);
  return library;
}

CUresult load_to(CUlibrary* library, const void* image, std::optional<std::size_t> size,
                 unsigned count, CUjit_option* options, void** values) {
  load_with_log(count, options, values, [&](std::string& log) {
    *library = reinterpret_cast<CUlibrary>(load(image, size, log).get());
  });
  return CUDA_SUCCESS;
}

const jit::LoadedVariable& find_variable(CUlibrary handle, const char* name,
                                         const std::shared_ptr<Context>& context) {
  const auto library = find_library(handle);
  const auto module = library->module_in(context);
  const jit::LoadedVariable* const variable = module->program->find_variable(name);
  require(variable != nullptr, CUDA_ERROR_NOT_FOUND, "the library has no such variable");
  return *variable;
}

/// Managed variables are asked for before any context is there. They live in one all the same: the
/// first device's primary context, which begins with them.
std::shared_ptr<Context> context_for_managed() {
  if (peek_context() != nullptr) return current_context();
  Device& device = device_at(0);
  const std::lock_guard lock(device.primary_mutex);
  if (!device.primary->active()) device.primary->activate(device.primary_flags);
  return device.primary;
}

/// The context in which a kernel is looked at for a device: the current one if it is of that
/// device, else the device's primary context.
std::shared_ptr<Context> context_on(CUdevice ordinal) {
  Device& device = device_at(ordinal);
  const auto context = peek_context();
  if (context != nullptr && &context->device() == &device) return current_context();
  require(device.primary->active(), CUDA_ERROR_INVALID_CONTEXT,
          "no context of this device is active");
  device.primary->check();
  return device.primary;
}

CUfunction function_handle(CUkernel kernel, CUdevice device) {
  return reinterpret_cast<CUfunction>(find_kernel(kernel)->function_in(context_on(device)).get());
}

}  // namespace

CUresult cuLibraryLoadData(CUlibrary* library, const void* code, CUjit_option* jit_options,
                           void** jit_values, unsigned jit_count, CUlibraryOption* options,
                           void** values, unsigned count) {
  require_value(library != nullptr && code != nullptr, "library or code is null");
  require_value(count == 0 || (options != nullptr && values != nullptr),
                "options are counted and not given");
  // What the options allow, keeping the caller's image, is not needed: the text is copied.
  return load_to(library, code, std::nullopt, jit_count, jit_options, jit_values);
}

CUresult cuLibraryLoadFromFile(CUlibrary* library, const char* path, CUjit_option* jit_options,
                               void** jit_values, unsigned jit_count, CUlibraryOption*, void**,
                               unsigned) {
  require_value(library != nullptr && path != nullptr, "library or fileName is null");
  const std::vector<char> file = read_image_file(path);
  return load_to(library, file.data(), file.size(), jit_count, jit_options, jit_values);
}

CUresult cuLibraryUnload(CUlibrary handle) {
  const auto library = handles<Library>().take(handle);
  require(library != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a library");
  for (const auto& kernel : library->kernels) handles<LibraryKernel>().take(kernel.get());
  const std::lock_guard lock(library->mutex);
  for (const auto& [context, module] : library->modules)
    if (module != nullptr) unload_module(module);
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetKernel(CUkernel* kernel, CUlibrary handle, const char* name) {
  require_value(kernel != nullptr && name != nullptr, "pKernel or name is null");
  for (const auto& candidate : find_library(handle)->kernels) {
    if (candidate->name != name) continue;
    *kernel = reinterpret_cast<CUkernel>(candidate.get());
    return CUDA_SUCCESS;
  }
  fail(CUDA_ERROR_NOT_FOUND, "the library has no such kernel");
}

CUresult cuLibraryGetKernelCount(unsigned* count, CUlibrary handle) {
  require_value(count != nullptr, "count is null");
  *count = static_cast<unsigned>(find_library(handle)->kernels.size());
  return CUDA_SUCCESS;
}

CUresult cuLibraryEnumerateKernels(CUkernel* kernels, unsigned count, CUlibrary handle) {
  require_value(kernels != nullptr && count != 0, "no room for the kernels");
  const auto library = find_library(handle);
  for (unsigned i = 0; i < count && i < library->kernels.size(); ++i)
    kernels[i] = reinterpret_cast<CUkernel>(library->kernels[i].get());
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetModule(CUmodule* module, CUlibrary handle) {
  require_value(module != nullptr, "pMod is null");
  const auto library = find_library(handle);
  *module = reinterpret_cast<CUmodule>(library->module_in(current_context()).get());
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetGlobal(CUdeviceptr* at, std::size_t* size, CUlibrary library,
                            const char* name) {
  require_value(name != nullptr && (at != nullptr || size != nullptr), "name is null");
  const jit::LoadedVariable& variable = find_variable(library, name, current_context());
  if (at != nullptr) *at = reinterpret_cast<std::uint64_t>(variable.address);
  if (size != nullptr) *size = variable.size;
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetManaged(CUdeviceptr* at, std::size_t* size, CUlibrary library,
                             const char* name) {
  require_value(name != nullptr && (at != nullptr || size != nullptr), "name is null");
  const jit::LoadedVariable& variable = find_variable(library, name, context_for_managed());
  require(variable.managed, CUDA_ERROR_NOT_FOUND, "the variable is not managed");
  if (at != nullptr) *at = reinterpret_cast<std::uint64_t>(variable.address);
  if (size != nullptr) *size = variable.size;
  return CUDA_SUCCESS;
}

CUresult cuKernelGetFunction(CUfunction* function, CUkernel kernel) {
  require_value(function != nullptr, "pFunc is null");
  const auto found = find_kernel(kernel);
  *function = reinterpret_cast<CUfunction>(found->function_in(current_context()).get());
  return CUDA_SUCCESS;
}

CUresult cuKernelGetLibrary(CUlibrary* library, CUkernel kernel) {
  require_value(library != nullptr, "pLib is null");
  *library = reinterpret_cast<CUlibrary>(find_kernel(kernel)->library.lock().get());
  return CUDA_SUCCESS;
}

CUresult cuKernelGetAttribute(int* value, CUfunction_attribute attribute, CUkernel kernel,
                              CUdevice device) {
  return cuFuncGetAttribute(value, attribute, function_handle(kernel, device));
}

CUresult cuKernelSetAttribute(CUfunction_attribute attribute, int value, CUkernel kernel,
                              CUdevice device) {
  return cuFuncSetAttribute(function_handle(kernel, device), attribute, value);
}

CUresult cuKernelSetCacheConfig(CUkernel kernel, CUfunc_cache config, CUdevice device) {
  return cuFuncSetCacheConfig(function_handle(kernel, device), config);
}

CUresult cuKernelGetName(const char** name, CUkernel kernel) {
  require_value(name != nullptr, "name is null");
  *name = find_kernel(kernel)->name.c_str();
  return CUDA_SUCCESS;
}

CUresult cuKernelGetParamInfo(CUkernel kernel, std::size_t index, std::size_t* offset,
                              std::size_t* size) {
  require_value(offset != nullptr, "paramOffset is null");
  const auto found = find_kernel(kernel);
  require_value(index < found->params.size(), "the kernel has fewer parameters");
  *offset = found->params[index].offset;
  if (size != nullptr) *size = found->params[index].size;
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetUnifiedFunction(void**, CUlibrary handle, const char*) {
  find_library(handle);
  fail(CUDA_ERROR_NOT_SUPPORTED, "unified functions are not supported");
}

}  // namespace vgpu::cpu::api
