#pragma once

#include <optional>
#include <string>

#include "shim/cpu/jit/code_file.h"
#include "shim/cpu/jit/linkage.h"
#include "shim/cpu/jit/shape.h"

namespace vgpu::jit {

/// Names of what is kept in the cache. They hold everything that the content hangs on: the PTX, the
/// kernel, ourselves, and for code also the processor and the class of blocks.
Digest key_of_measures(const Linkage& linkage, const std::string& kernel);
Digest key_of_code(const Linkage& linkage, const std::string& kernel, const BlockClass& block,
                   const std::string& processor);

/// What the process's cache has under `key`; what it has and is wrong goes.
std::optional<CodeFile> find_code(const Digest& key);
void keep_code(const Digest& key, const CodeFile& file);
void forget_code(const Digest& key);

}  // namespace vgpu::jit
