#pragma once

#include <span>

#include "shim/abi/cuda_types.h"

namespace vgpu::frontend {

/// One version of an entry point, as cuGetProcAddress knows it.
struct ProcRow {
  const char* base;    ///< the name without version or stream suffix
  int since;           ///< first CUDA version, e.g. 11020
  bool per_thread;     ///< the variant for the per-thread default stream
  std::size_t symbol;  ///< index into the functions' addresses
};

/// Every version of every entry point, sorted by base name. exports.cpp makes it from cuda.def.
std::span<const ProcRow> proc_rows() noexcept;

/// The address of ProcRow::symbol.
void* proc_function(std::size_t symbol) noexcept;

/// What cuGetProcAddress answers for a name and a version that the driver has reached.
struct ProcAnswer {
  CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  void* function = nullptr;
};

/// The newest version that is not newer than `version`; with `per_thread` its per-thread variant,
/// if there is one by then.
ProcAnswer find_proc(const char* name, int version, bool per_thread) noexcept;

}  // namespace vgpu::frontend
