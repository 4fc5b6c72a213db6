#include "shim/cpu/driver/library.h"

#include "shim/cpu/driver/context.h"
#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/handle_table.h"
#include "shim/cpu/driver/ptx_error.h"

namespace vgpu::cpu {

std::shared_ptr<Module> Library::module_in(const std::shared_ptr<Context>& context) {
  const std::lock_guard lock(mutex);
  std::shared_ptr<Module>& mine = modules[context->id()];
  if (mine != nullptr) return mine;
  std::string log;
  std::vector<ptx::Module> modules_of_text = std::move(parsed);
  parsed.clear();
  if (modules_of_text.empty()) modules_of_text = parse_texts(texts, false, log);
  mine = load_module(context, std::move(modules_of_text), log);
  mine->of_library = true;
  return mine;
}

std::shared_ptr<Function> LibraryKernel::function_in(
    const std::shared_ptr<Context>& context) const {
  const std::lock_guard lock(mutex_);
  if (last_context_ == context->id())
    if (auto function = last_function_.lock()) return function;
  const auto from = library.lock();
  require(from != nullptr, CUDA_ERROR_INVALID_HANDLE, "the kernel's library is unloaded");
  auto function = from->module_in(context)->find_function(name);
  require(function != nullptr, CUDA_ERROR_NOT_FOUND, "the library lacks the kernel");
  last_context_ = context->id();
  last_function_ = function;
  return function;
}

}  // namespace vgpu::cpu
