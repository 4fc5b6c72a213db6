#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/jit/program.h"

namespace vgpu::cpu {

class Context;
struct Module;
struct Library;

/// A kernel in a context: what CUfunction points to.
struct Function {
  Function(jit::Kernel& compiled, const std::shared_ptr<Module>& of, int limit)
      : kernel(compiled), module(of), shared_limit(limit) {}

  /// Looks through the kernel's body the first time; a module has thousands that nobody asks about.
  const jit::KernelInfo& info() const noexcept { return jit::info(kernel); }
  /// What its head says: name and parameters.
  const jit::KernelInfo& declaration() const noexcept { return jit::declaration(kernel); }
  /// The most dynamic shared memory that a launch may ask for. Units: bytes
  int max_dynamic_shared() const noexcept {
    const int set = chosen_dynamic_shared;
    return set >= 0 ? set : std::max(0, shared_limit - static_cast<int>(info().static_shared));
  }

  jit::Kernel& kernel;
  const std::weak_ptr<Module> module;          ///< the module owns the function
  const int shared_limit;                      ///< Units: bytes; of a block, without opting in
  std::atomic<int> chosen_dynamic_shared{-1};  ///< Units: bytes; what the program opted in to
  std::atomic<int> carveout{-1};
  std::atomic<int> cache_config{0};
  std::atomic<std::uint64_t> prepared_block{0};  ///< the last block shape that was compiled for
};

/// A program loaded into a context: what CUmodule points to.
struct Module {
  std::shared_ptr<Context> context;
  std::uint64_t context_id = 0;
  std::unique_ptr<jit::Program> program;
  std::vector<std::shared_ptr<Function>> functions;  ///< in the order of definition
  bool of_library = false;                           ///< it goes with its library

  std::shared_ptr<Function> find_function(std::string_view name) const;
};

/// Loads `texts`, PTX modules that make one namespace, into `context`.
/// Errors: ApiError; `log` receives what is wrong with the text.
std::shared_ptr<Module> load_module(const std::shared_ptr<Context>& context,
                                    std::vector<ptx::Module> texts, std::string& log);

/// Forgets the handles of a module, which ends when its last launch has.
void unload_module(const std::shared_ptr<Module>& module);

/// Unloads all that belongs to this incarnation of the context.
void forget_modules(Context& context);

/// The function behind a CUfunction, which may as well be a CUkernel: that one is loaded into the
/// current context first. Errors: INVALID_HANDLE.
std::shared_ptr<Function> find_function(CUfunction handle);

}  // namespace vgpu::cpu
