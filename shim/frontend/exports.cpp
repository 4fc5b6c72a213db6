// The exported functions: every row of cuda.def becomes one, and a row for cuGetProcAddress.
#include "shim/frontend/exports.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "shim/frontend/entry.h"
#include "shim/frontend/front_calls.h"
#include "shim/frontend/proc_address.h"

namespace vgpu {

#define CU_AND_NAMES(params) CU_AND_NAMES_OF(CU_UNPACK params)
#define CU_AND_NAMES_OF(...) __VA_OPT__(, CU_EACH(CU_PASS, __VA_ARGS__))

#define CU_CALL(base, since, symbol, params)                                         \
  CU_EXPORTED CUresult symbol(CU_DECLARATIONS(params)) {                             \
    return frontend::call(Entry::symbol, &DriverTable::symbol CU_AND_NAMES(params)); \
  }
#define CU_TWIN(base, since, symbol, pt_since, suffix, params)                      \
  CU_CALL(base, since, symbol, params)                                              \
  CU_EXPORTED CUresult symbol##suffix(CU_DECLARATIONS(params)) {                    \
    return frontend::call_twin(Entry::symbol##suffix, &DriverTable::symbol##suffix, \
                               &DriverTable::symbol CU_AND_NAMES(params));          \
  }
#define CU_FRONT(base, since, symbol, params)                                               \
  CU_EXPORTED CUresult symbol(CU_DECLARATIONS(params)) {                                    \
    return frontend::guarded(Entry::symbol, &frontend::front::symbol CU_AND_NAMES(params)); \
  }
#define CU_ALIAS(base, since, symbol, target) \
  CU_EXPORTED __attribute__((alias(#target))) decltype(target) symbol;
#define CU_NAME(base, since, flavour, symbol) CU_EXPORT(symbol)
// Arguments are not looked at, so none are declared: on x86-64 the caller cleans up.
#define CU_EXPORT(symbol) \
  CU_EXPORTED CUresult symbol() { return frontend::call_name(Entry::symbol); }
#define CU_DATA(symbol, bytes)             \
  CU_EXPORTED unsigned char symbol[bytes]; \
  alignas(8) unsigned char symbol[bytes] = {};
#include "shim/api/cuda_rows.h"

namespace frontend {
namespace {

// Two arrays in the order of cuda.def. Names can be sorted by the compiler; addresses cannot.
enum Symbol : std::size_t {
#define CU_CALL(base, since, symbol, params) at_##symbol,
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) at_##symbol, at_##symbol##suffix,
#define CU_FRONT(base, since, symbol, params) at_##symbol,
#define CU_ALIAS(base, since, symbol, target) at_##symbol,
#define CU_NAME(base, since, flavour, symbol) at_##symbol,
#include "shim/api/cuda_rows.h"
  kSymbolCount
};

void* const kFunctions[] = {
#define CU_ADDRESS(symbol) reinterpret_cast<void*>(&::vgpu::symbol),
#define CU_CALL(base, since, symbol, params) CU_ADDRESS(symbol)
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) \
  CU_ADDRESS(symbol) CU_ADDRESS(symbol##suffix)
#define CU_FRONT(base, since, symbol, params) CU_ADDRESS(symbol)
#define CU_ALIAS(base, since, symbol, target) CU_ADDRESS(symbol)
#define CU_NAME(base, since, flavour, symbol) CU_ADDRESS(symbol)
#include "shim/api/cuda_rows.h"
};

constexpr bool plain = false, per_thread = true;
constexpr auto kRows = [] {
  std::array rows = {
#define CU_CALL(base, since, symbol, params) ProcRow{#base, since, plain, at_##symbol},
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) \
  ProcRow{#base, since, plain, at_##symbol},                   \
      ProcRow{#base, pt_since, per_thread, at_##symbol##suffix},
#define CU_FRONT(base, since, symbol, params) ProcRow{#base, since, plain, at_##symbol},
#define CU_ALIAS(base, since, symbol, target) ProcRow{#base, since, plain, at_##symbol},
#define CU_NAME(base, since, flavour, symbol) ProcRow{#base, since, flavour, at_##symbol},
#include "shim/api/cuda_rows.h"
  };
  std::ranges::sort(rows, {}, [](const ProcRow& row) { return std::string_view(row.base); });
  return rows;
}();
static_assert(kRows.size() == kSymbolCount && std::size(kFunctions) == kSymbolCount);

}  // namespace

std::span<const ProcRow> proc_rows() noexcept { return kRows; }

void* proc_function(std::size_t symbol) noexcept { return kFunctions[symbol]; }

}  // namespace frontend
}  // namespace vgpu
