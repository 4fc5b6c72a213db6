#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vgpu::launcher {

/// Returns "; did you mean `x`?" for the candidate nearest to `word`, or nothing if none is near.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace vgpu::launcher
