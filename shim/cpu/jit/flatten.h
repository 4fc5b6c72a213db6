#pragma once

#include "shim/cpu/jit/code.h"
#include "shim/cpu/jit/linkage.h"

namespace vgpu::jit {

/// Makes one piece of code out of `symbol`'s function: calls inlined, names resolved. Calls that
/// cannot be inlined (recursion, pointers, excessive size) stay as outlined calls.
/// Errors: ptx::Error, LinkError, Unsupported.
Code flatten(const Linkage& linkage, const Symbol& symbol, SharedLayout& shared);

/// True for a function that the runtime itself provides: vprintf, __assertfail, malloc, free.
bool is_runtime_function(std::string_view name) noexcept;

}  // namespace vgpu::jit
