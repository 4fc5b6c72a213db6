#pragma once

#include "shim/cpu/jit/code.h"
#include "shim/cpu/jit/linkage.h"

namespace vgpu::jit {

/// Which calls to inline.
enum class Inlining : std::uint8_t {
  all,    ///< those that can be, up to a generous size of the whole
  small,  ///< of short functions: where real calls have to be made anyway
};

/// Makes one piece of code out of `symbol`'s function: calls inlined, names resolved. Calls that
/// are not inlined (recursion, pointers, size) stay as outlined calls.
/// Errors: ptx::Error, LinkError, Unsupported.
Code flatten(const Linkage& linkage, const Symbol& symbol, Inlining inlining, SharedLayout& shared);

/// True for a function that the runtime itself provides: vprintf, __assertfail, malloc, free.
bool is_runtime_function(std::string_view name) noexcept;

}  // namespace vgpu::jit
