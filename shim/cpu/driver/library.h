#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/driver/module.h"

namespace vgpu::cpu {

struct Device;

/// A kernel of a library, in no context yet: what CUkernel points to.
struct LibraryKernel {
  std::string name;
  std::weak_ptr<Library> library;
  std::vector<ptx::Param> params;

  /// The kernel in `context`. Errors: as Library::module_in.
  std::shared_ptr<Function> function_in(const std::shared_ptr<Context>& context) const;

 private:
  // What function_in found last: it is asked at every launch.
  mutable std::mutex mutex_;
  mutable std::uint64_t last_context_ = 0;
  mutable std::weak_ptr<Function> last_function_;
};

/// Code for any context: what CUlibrary points to. Each context gets a module of its own at first
/// use.
struct Library {
  std::vector<std::string> texts;  ///< PTX
  std::vector<std::shared_ptr<LibraryKernel>> kernels;

  /// The library's module in `context`, loaded now if it is not yet.
  /// Errors: ApiError, as load_module.
  std::shared_ptr<Module> module_in(const std::shared_ptr<Context>& context);

  std::mutex mutex;
  std::map<std::uint64_t, std::shared_ptr<Module>> modules;  ///< by context incarnation
  std::vector<ptx::Module> parsed;  ///< of `texts`, for the first context; then empty
};

}  // namespace vgpu::cpu
