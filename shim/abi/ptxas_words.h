#pragma once

#include <string_view>

namespace vgpu {

/// What the driver's log says of PTX for a newer GPU; the diagnosis knows the case by it. Source:
/// ptxas 13.0.
inline constexpr std::string_view kTargetIsNewer =
    "SM version specified by .target is higher than default SM version assumed";

}  // namespace vgpu
