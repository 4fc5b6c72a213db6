#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "shim/abi/profile.h"
#include "shim/api/device.h"
#include "shim/api/entries.h"

namespace vgpu::frontend {

/// Words of export tables that can be asked for in vain, counted after the entries.
inline constexpr std::size_t kTableWordCount = 512;

/// What a forked child must not inherit: it lies in pages that fork hands over as zeros. So a child
/// finds itself not initialised without a look at its process number, however it was forked.
struct ProcessState {
  enum Phase : int { idle = 0, starting = 1, ready = 2 };
  std::atomic<int> phase;
  std::atomic<bool> ours;                 ///< set by the process that owns these pages
  std::atomic<const DriverTable*> table;  ///< null until cuInit has succeeded
  std::array<std::atomic<std::uint32_t>, kEntryCount + kTableWordCount> unsupported;
};

/// What cuInit has settled; never changes or moves afterwards.
struct Started {
  const Device* device = nullptr;
  DeviceOptions options;
};

inline constinit std::atomic<ProcessState*> process_pages{nullptr};

/// The state of this process. Errors: CUDA_ERROR_OPERATING_SYSTEM as ApiError without memory.
ProcessState& process_state();

/// The running device's table, or null before cuInit and in a forked child.
inline const DriverTable* ready_table() noexcept {
  const ProcessState* const state = process_pages.load(std::memory_order_acquire);
  return state == nullptr ? nullptr : state->table.load(std::memory_order_acquire);
}

/// What cuInit settled. Only where ready_table() is not null.
const Started& started() noexcept;

/// The tree's configuration, read once.
const DeviceConfig& config();

/// cuInit's work: starts the device, once. Safe from several threads at a time.
/// Errors: CUDA_ERROR_NO_DEVICE, CUDA_ERROR_NOT_INITIALIZED in a child of a process that had
/// started; what the device throws. A later call tries again.
CUresult start();

}  // namespace vgpu::frontend
