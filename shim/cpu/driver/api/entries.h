#pragma once

#include <type_traits>

#include "shim/api/driver_table.h"

/// Declares every entry point of entries.def with the very type that the driver table has for it.
/// Errors: all throw ApiError.
namespace vgpu::cpu::api {

#define CPU_ENTRY(symbol) std::remove_pointer_t<decltype(DriverTable::symbol)> symbol;
#define CPU_TWIN(symbol, suffix) CPU_ENTRY(symbol)
#define CPU_UNSAFE(symbol) CPU_ENTRY(symbol)
#define CPU_UNSAFE_TWIN(symbol, suffix) CPU_ENTRY(symbol)
#include "shim/cpu/driver/api/entries.def"
#undef CPU_ENTRY
#undef CPU_TWIN
#undef CPU_UNSAFE
#undef CPU_UNSAFE_TWIN

}  // namespace vgpu::cpu::api
