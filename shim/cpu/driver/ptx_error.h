#pragma once

#include <functional>
#include <string>
#include <vector>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/ptx/ast.h"

namespace vgpu::cpu {

/// Runs `step`, which reads or compiles PTX, and turns what it throws into ApiError: INVALID_PTX
/// for wrong text, NOT_SUPPORTED for what we cannot compile. `log` receives the lines that ptxas
/// would have written.
void translate_ptx_errors(std::string& log, const std::function<void()>& step);

/// Indexes PTX texts; with `whole` their function bodies are read, too, so that a mistake shows
/// when the text is loaded. Errors: ApiError; also UNSUPPORTED_PTX_VERSION.
std::vector<ptx::Module> parse_texts(const std::vector<std::string>& texts, bool whole,
                                     std::string& log);

/// Fails with `code` if a module is for other GPUs than one of compute capability `capability` (75
/// is 7.5). `log` as above.
void require_target(const std::vector<ptx::Module>& modules, int capability, CUresult code,
                    std::string& log);

}  // namespace vgpu::cpu
