#pragma once

#include <string>
#include <string_view>

namespace vgpu::launcher {

/// Turns the kernel's list of CPUs ("0-3,8") into its mask of them ("10f"): hexadecimal, in groups
/// of 32 bits from the highest. What is no such list gives "1".
std::string cpu_mask(std::string_view list);

}  // namespace vgpu::launcher
