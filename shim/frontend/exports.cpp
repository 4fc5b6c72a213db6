// The exported functions: every row of cuda.def becomes one, and a row for cuGetProcAddress.
#include "shim/frontend/exports.h"

#include "shim/frontend/entry.h"
#include "shim/frontend/front_calls.h"
#include "shim/frontend/proc_address.h"
#include "shim/frontend/traced_call.h"

namespace vgpu {

#define CU_AND_NAMES(params) CU_AND_NAMES_OF(CU_UNPACK params)
#define CU_AND_NAMES_OF(...) __VA_OPT__(, CU_EACH(CU_PASS, __VA_ARGS__))

#define CU_AND_ARGUMENTS(params) CU_AND_ARGUMENTS_OF(CU_UNPACK params)
#define CU_AND_ARGUMENTS_OF(...) __VA_OPT__(, CU_EACH(TRACE_ARGUMENT, __VA_ARGS__))

// The answer, and where there is a trace, a line in it. Arguments are copied for that, so that
// nothing is spilled where there is none.
#define CU_ANSWER(symbol, params, ...) \
  if (!trace::may_be_on()) [[likely]]  \
    return __VA_ARGS__;                \
  return frontend::traced(Entry::symbol, [=] { return __VA_ARGS__; } CU_AND_ARGUMENTS(params));

#define CU_CALL(base, since, symbol, params)                                            \
  CU_EXPORTED CUresult symbol(CU_DECLARATIONS(params)) {                                \
    CU_ANSWER(symbol, params,                                                           \
              frontend::call(Entry::symbol, &DriverTable::symbol CU_AND_NAMES(params))) \
  }
#define CU_TWIN(base, since, symbol, pt_since, suffix, params)                         \
  CU_CALL(base, since, symbol, params)                                                 \
  CU_EXPORTED CUresult symbol##suffix(CU_DECLARATIONS(params)) {                       \
    CU_ANSWER(symbol##suffix, params,                                                  \
              frontend::call_twin(Entry::symbol##suffix, &DriverTable::symbol##suffix, \
                                  &DriverTable::symbol CU_AND_NAMES(params)))          \
  }
#define CU_FRONT(base, since, symbol, params)                                                  \
  CU_EXPORTED CUresult symbol(CU_DECLARATIONS(params)) {                                       \
    CU_ANSWER(symbol, params,                                                                  \
              frontend::guarded(Entry::symbol, &frontend::front::symbol CU_AND_NAMES(params))) \
  }
#define CU_ALIAS(base, since, symbol, target) \
  CU_EXPORTED __attribute__((alias(#target))) decltype(target) symbol;
#define CU_NAME(base, since, flavour, symbol) CU_EXPORT(symbol)
// Arguments are not looked at, so none are declared: on x86-64 the caller cleans up.
#define CU_EXPORT(symbol) \
  CU_EXPORTED CUresult symbol() { CU_ANSWER(symbol, (), frontend::call_name(Entry::symbol)) }
#define CU_DATA(symbol, bytes)             \
  CU_EXPORTED unsigned char symbol[bytes]; \
  alignas(8) unsigned char symbol[bytes] = {};
#include "shim/api/cuda_rows.h"

namespace frontend {
namespace {

constexpr bool plain = false, per_thread = true;
const ProcRow kRows[] = {
#define CU_ROW(base, since, flavour, symbol)        \
  ProcRow{#base, sizeof(#base) - 1, since, flavour, \
          reinterpret_cast<ProcFunction>(&::vgpu::symbol)},
#define CU_CALL(base, since, symbol, params) CU_ROW(base, since, plain, symbol)
#define CU_TWIN(base, since, symbol, pt_since, suffix, params) \
  CU_ROW(base, since, plain, symbol) CU_ROW(base, pt_since, per_thread, symbol##suffix)
#define CU_FRONT(base, since, symbol, params) CU_ROW(base, since, plain, symbol)
#define CU_ALIAS(base, since, symbol, target) CU_ROW(base, since, plain, symbol)
#define CU_NAME(base, since, flavour, symbol) CU_ROW(base, since, flavour, symbol)
#include "shim/api/cuda_rows.h"
};

}  // namespace

std::span<const ProcRow> proc_rows() noexcept { return kRows; }

}  // namespace frontend
}  // namespace vgpu
