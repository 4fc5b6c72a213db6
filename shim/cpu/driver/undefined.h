#pragma once

#include <string>
#include <vector>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::cpu {

/// A name that some body uses and no module defines, or "". The bodies must have been parsed.
std::string find_undefined(const std::vector<ptx::Module>& modules);

}  // namespace vgpu::cpu
