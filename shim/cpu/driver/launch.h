#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "shim/cpu/driver/module.h"

namespace vgpu::cpu {

struct Stream;

/// A launch that was checked: all of it is ours, nothing of it the program's.
struct LaunchRequest {
  std::shared_ptr<Function> function;
  jit::Dim3 grid;
  jit::Dim3 block;
  std::uint32_t dynamic_shared = 0;
  bool cooperative = false;
  std::vector<std::byte> params;
  std::shared_ptr<Module> module;             ///< keeps the code; launch() fills it in
  std::vector<CUlaunchAttribute> attributes;  ///< as given, for who asks a graph's node
};

/// Copies a kernel's arguments out of cuLaunchKernel's two ways of giving them.
/// Errors: INVALID_VALUE.
std::vector<std::byte> copy_params(const jit::KernelInfo& info, void** params, void** extra);

/// Checks shape and shared memory against the device and the kernel.
/// Errors: INVALID_VALUE; `too_large` for a grid or block that is out of range.
void check_shape(const LaunchRequest& request, CUresult too_large);

/// Applies what a launch attribute asks for: what only hints is accepted, what changes the meaning
/// and is not implemented is refused. Errors: NOT_SUPPORTED, INVALID_VALUE.
void apply_attribute(const CUlaunchAttribute& attribute, LaunchRequest& request);

/// Makes the launch ready to run: compiles the kernel for this block if it is not yet.
/// Errors: what compiling says; also COOPERATIVE_LAUNCH_TOO_LARGE.
void make_ready(LaunchRequest& request);

/// Runs a launch that is ready, here and now.
CUresult run_launch(const LaunchRequest& request) noexcept;

/// Compiles the kernel for this block if it is not yet, and puts the launch in `stream`'s order.
/// Errors: what compiling says; also COOPERATIVE_LAUNCH_TOO_LARGE.
void launch(const std::shared_ptr<Stream>& stream, LaunchRequest request);

}  // namespace vgpu::cpu
