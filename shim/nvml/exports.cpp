// The exported functions of libnvidia-ml.so.1: every row of nvml.def becomes one.
#include "shim/nvml/exports.h"

#include <new>

#include "shim/api/cancellation.h"
#include "shim/nvml/calls.h"
#include "shim/nvml/session.h"
#include "shim/nvml/traced_call.h"

namespace vgpu {
namespace {

// The one wrapper around every entry point: no exception leaves it, and no cancellation comes in
// between.
template <class Function, class... Args>
nvmlReturn_t guarded(Function function, Args... args) {
  return uncancelled([&]() noexcept -> nvmlReturn_t {
    try {
      return function(args...);
    } catch (const std::bad_alloc&) {
      return NVML_ERROR_MEMORY;
    } catch (...) {
      return NVML_ERROR_UNKNOWN;
    }
  });
}

template <class Function, class... Args>
nvmlReturn_t call(Function function, Args... args) {
  return nvml::is_open() ? guarded(function, args...) : NVML_ERROR_UNINITIALIZED;
}

}  // namespace

#define NVML_AND_NAMES(params) NVML_AND_NAMES_OF(CU_UNPACK params)
#define NVML_AND_NAMES_OF(...) __VA_OPT__(, CU_EACH(CU_PASS, __VA_ARGS__))

#define NVML_AND_ARGUMENTS(params) NVML_AND_ARGUMENTS_OF(CU_UNPACK params)
#define NVML_AND_ARGUMENTS_OF(...) __VA_OPT__(, CU_EACH(TRACE_ARGUMENT, __VA_ARGS__))

// As in shim/frontend/exports.cpp.
#define NVML_ANSWER(symbol, params, ...) \
  if (!trace::may_be_on()) [[likely]]    \
    return __VA_ARGS__;                  \
  return nvml::traced(#symbol, [=] { return __VA_ARGS__; } NVML_AND_ARGUMENTS(params));

#define NVML_CALL(symbol, params)                                                  \
  NVML_EXPORTED nvmlReturn_t symbol(CU_DECLARATIONS(params)) {                     \
    NVML_ANSWER(symbol, params, call(&nvml::calls::symbol NVML_AND_NAMES(params))) \
  }
#define NVML_ALWAYS(symbol, params)                                                   \
  NVML_EXPORTED nvmlReturn_t symbol(CU_DECLARATIONS(params)) {                        \
    NVML_ANSWER(symbol, params, guarded(&nvml::calls::symbol NVML_AND_NAMES(params))) \
  }
#define NVML_TEXT(symbol, params)                             \
  NVML_EXPORTED const char* symbol(CU_DECLARATIONS(params)) { \
    return nvml::calls::symbol(CU_NAMES(params));             \
  }
#define NVML_ALIAS(symbol, target) \
  NVML_EXPORTED __attribute__((alias(#target))) decltype(target) symbol;
// Arguments are not looked at, so none are declared: on x86-64 the caller cleans up.
#define NVML_NAME(symbol)                                                                          \
  NVML_EXPORTED nvmlReturn_t symbol() {                                                            \
    NVML_ANSWER(symbol, (), nvml::is_open() ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_UNINITIALIZED) \
  }
#include "shim/api/nvml_rows.h"

}  // namespace vgpu
