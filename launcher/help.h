#pragma once

#include <string>

namespace vgpu::launcher {

/// What --help prints.
std::string help_text();

}  // namespace vgpu::launcher
