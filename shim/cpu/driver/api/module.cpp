#include "shim/cpu/driver/module.h"

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

std::shared_ptr<Module> find_module(CUmodule handle) {
  auto module = handles<Module>().find(handle);
  require(module != nullptr, CUDA_ERROR_INVALID_HANDLE, "not a module");
  return module;
}

std::shared_ptr<Module> load(const void* image, std::optional<std::size_t> size, std::string& log) {
  const auto context = current_context();
  const int capability = capability_for_caller(context->device());
  return noted_load(context->device(), [&](LoadNote& note) {
    const Code code = code_of(image, size, capability, log, &note);
    return load_module(context, parse_code(code, capability, log, &note), log);
  });
}

CUresult load_to(CUmodule* module, const void* image, std::optional<std::size_t> size) {
  std::string log;
  *module = reinterpret_cast<CUmodule>(load(image, size, log).get());
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned count,
                            CUjit_option* options, void** values) {
  require_value(module != nullptr && image != nullptr, "module or image is null");
  load_with_log(count, options, values, [&](std::string& log) {
    *module = reinterpret_cast<CUmodule>(load(image, std::nullopt, log).get());
  });
  return CUDA_SUCCESS;
}

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  require_value(module != nullptr && image != nullptr, "module or image is null");
  return load_to(module, image, std::nullopt);
}

CUresult cuModuleLoadFatBinary(CUmodule* module, const void* image) {
  return cuModuleLoadData(module, image);
}

CUresult cuModuleLoad(CUmodule* module, const char* path) {
  require_value(module != nullptr && path != nullptr, "module or fname is null");
  current_context();
  const std::vector<char> file = read_image_file(path);
  return load_to(module, file.data(), file.size());
}

CUresult cuModuleUnload(CUmodule handle) {
  current_context();
  const auto module = find_module(handle);
  require(!module->of_library, CUDA_ERROR_INVALID_HANDLE, "a library's module goes with it");
  unload_module(module);
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule handle, const char* name) {
  require_value(function != nullptr && name != nullptr, "hfunc or name is null");
  current_context();
  const auto found = find_module(handle)->find_function(name);
  require(found != nullptr, CUDA_ERROR_NOT_FOUND, "the module has no such kernel");
  *function = reinterpret_cast<CUfunction>(found.get());
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunctionCount(unsigned* count, CUmodule handle) {
  require_value(count != nullptr, "count is null");
  *count = static_cast<unsigned>(find_module(handle)->functions.size());
  return CUDA_SUCCESS;
}

CUresult cuModuleEnumerateFunctions(CUfunction* functions, unsigned count, CUmodule handle) {
  require_value(functions != nullptr && count != 0, "no room for the functions");
  const auto module = find_module(handle);
  for (unsigned i = 0; i < count && i < module->functions.size(); ++i)
    functions[i] = reinterpret_cast<CUfunction>(module->functions[i].get());
  return CUDA_SUCCESS;
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr* at, std::size_t* size, CUmodule handle,
                              const char* name) {
  require_value(name != nullptr && (at != nullptr || size != nullptr), "name is null");
  current_context();
  const jit::LoadedVariable* const variable = find_module(handle)->program->find_variable(name);
  require(variable != nullptr, CUDA_ERROR_NOT_FOUND, "the module has no such variable");
  if (at != nullptr) *at = reinterpret_cast<std::uint64_t>(variable->address);
  if (size != nullptr) *size = variable->size;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
