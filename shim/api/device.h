#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shim/abi/profile.h"
#include "shim/api/driver_table.h"

namespace vgpu {

/// How the program's environment and the user ask a device to behave.
struct DeviceOptions {
  bool launch_blocking = false;   ///< CUDA_LAUNCH_BLOCKING=1: a launch returns when it has run
  bool eager_loading = false;     ///< CUDA_MODULE_LOADING=EAGER
  std::string cache_folder;       ///< where compiled kernels are kept; empty: nowhere
  std::uint64_t cache_limit = 0;  ///< what they may take together. Units: bytes
  bool show_progress = false;     ///< of what takes long, on standard error
  bool show_statistics = false;   ///< at the process's end, on standard error
};

/// What the export tables need to know of a device and no public entry point tells.
/// Like the table's functions these are called only after cuInit has succeeded, and may throw.
struct DeviceHooks {
  /// The handle of a device's primary context, active or not: Retain returns the same.
  /// Null for an unknown device.
  CUcontext (*primary_context)(CUdevice) = nullptr;
  /// This thread's current context, or null. Never fails.
  CUcontext (*current_context)() = nullptr;
  /// A number that no other context of this process ever had, or 0 for a bad handle.
  /// Null means the current context.
  std::uint64_t (*context_id)(CUcontext) = nullptr;
  /// The device of a context; -1 for a bad handle.
  CUdevice (*context_device)(CUcontext) = nullptr;
  /// As cuStreamGetId; `per_thread` says what the null handle is. 0 for a bad handle.
  std::uint64_t (*stream_id)(CUstream, bool per_thread) = nullptr;
  /// The functions of a module; empty for a bad handle.
  std::vector<CUfunction> (*module_functions)(CUmodule) = nullptr;
  /// From now on `callback` is called whenever a context has been reset or destroyed, before its
  /// handle is forgotten and with no lock of the device held. One per process; null takes it away.
  void (*on_context_end)(void (*callback)(CUcontext)) = nullptr;
};

/// One way to compute. The front end starts it once, in cuInit, and knows nothing else of it.
struct Device {
  /// Makes the visible GPUs ready, in the order in which the program sees them. May throw.
  void (*start)(std::vector<GpuProfile> visible, const DeviceOptions& options) = nullptr;
  const DriverTable* table = nullptr;
  const DeviceHooks* hooks = nullptr;
};

}  // namespace vgpu
