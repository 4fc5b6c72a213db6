#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shim/abi/profile.h"

namespace vgpu::launcher {

/// Makes the GPUs that the values of --gpu ask for, NAME[:key=value,...]; none asked for is the
/// default profile, and `none` is no GPU. Each has its own UUID, PCI address (buses from 1 on, none
/// of `taken`), device minor and interrupt. Errors: std::runtime_error in the user's language.
std::vector<GpuProfile> make_gpus(const std::vector<std::string>& arguments,
                                  const std::set<std::string>& taken);

}  // namespace vgpu::launcher
