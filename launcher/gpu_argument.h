#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shim/abi/profile.h"

namespace vgpu::launcher {

/// Makes the GPUs that the values of --gpu ask for, NAME[:key=value,...]; none asked for is the
/// default profile. Each has its own UUID, PCI address (buses from 1 on, none
/// of `taken`), device minor and interrupt. Errors: std::runtime_error in the user's language.
std::vector<GpuProfile> make_gpus(const std::vector<std::string>& arguments,
                                  const std::set<std::string>& taken);

/// True if they ask for no GPU at all, by the name `none`.
bool is_no_gpu(const std::vector<std::string>& arguments);

}  // namespace vgpu::launcher
