#pragma once

#include <span>
#include <string_view>

#include "shim/abi/cuda_types.h"

namespace vgpu::frontend {

using ProcFunction = void (*)();

/// One version of an entry point, as cuGetProcAddress knows it.
struct ProcRow {
  const char* base;       ///< the name without version or stream suffix
  std::size_t base_size;  ///< its length; no string_view, which would be made at load time
  int since;              ///< first CUDA version, e.g. 11020
  bool per_thread;        ///< the variant for the per-thread default stream
  ProcFunction function;
};

/// Every version of every entry point. exports.cpp makes it from cuda.def.
std::span<const ProcRow> proc_rows() noexcept;

/// What cuGetProcAddress answers for a name and a version that the driver has reached.
struct ProcAnswer {
  CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  ProcFunction function = nullptr;
};

/// The newest version that is not newer than `version`; with `per_thread` its per-thread variant,
/// if there is one by then. A runtime asks for some 440 names when it starts: 0.3 ms of its time.
ProcAnswer find_proc(std::string_view name, int version, bool per_thread) noexcept;

}  // namespace vgpu::frontend
