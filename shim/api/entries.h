#pragma once

#include <cstddef>
#include <cstdint>

namespace vgpu {

/// Numbers every exported function of cuda.def that has code of its own (an alias has not).
enum class Entry : std::uint16_t {
#define CU_CALL(base, since, symbol, params) symbol,
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) symbol, symbol##suffix,
#define CU_FRONT(base, since, symbol, params) symbol,
#define CU_NAME(base, since, flavour, symbol) symbol,
#define CU_EXPORT(symbol) symbol,
#include "shim/api/cuda_rows.h"
  end
};

inline constexpr std::size_t kEntryCount = static_cast<std::size_t>(Entry::end);

/// The exported symbol.
const char* entry_name(Entry entry) noexcept;

}  // namespace vgpu
