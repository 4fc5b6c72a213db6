#pragma once

#include <cstddef>

#include "shim/api/cancellation.h"
#include "shim/api/driver_table.h"
#include "shim/api/entries.h"
#include "shim/frontend/process_state.h"
#include "shim/frontend/unsupported.h"

/// The one wrapper around every entry point: is the API initialised, does the device have the
/// function, no exception leaves, and no cancellation comes in between. It takes no lock, allocates
/// nothing, and costs some 15 ns.
namespace vgpu::frontend {

/// The code that the exception being handled means to the program.
CUresult code_of_exception(Entry entry) noexcept;

/// Runs `function`, whatever it throws.
template <class Function, class... Args>
CUresult guarded(Entry entry, Function function, Args... args) {
  return uncancelled([&]() noexcept -> CUresult {
    try {
      const CUresult result = function(args...);
      return result == CUDA_ERROR_NOT_SUPPORTED ? not_supported(entry) : result;
    } catch (...) {
      return code_of_exception(entry);
    }
  });
}

/// An entry point that the device answers.
template <class Function, class... Args>
CUresult call(Entry entry, Function DriverTable::*slot, Args... args) {
  const DriverTable* const table = ready_table();
  if (table == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (table->*slot == nullptr) return not_supported(entry);
  return guarded(entry, table->*slot, args...);
}

/// A parameter as the per-thread twin means it: the null stream is the calling thread's own.
template <class T>
class PerThread {
 public:
  explicit PerThread(T value) : value_(value) {}
  T get() const { return value_; }

 private:
  T value_;
};

template <>
inline CUstream PerThread<CUstream>::get() const {
  return value_ == nullptr ? stream_per_thread() : value_;
}

template <>
class PerThread<const CUlaunchConfig*> {
 public:
  explicit PerThread(const CUlaunchConfig* config) : config_(config) {
    if (config == nullptr || config->hStream != nullptr) return;
    copy_ = *config;
    copy_.hStream = stream_per_thread();
    config_ = &copy_;
  }
  PerThread(const PerThread&) = delete;
  PerThread& operator=(const PerThread&) = delete;
  const CUlaunchConfig* get() const { return config_; }

 private:
  CUlaunchConfig copy_{};
  const CUlaunchConfig* config_;
};

/// A per-thread twin: the device's own, or else its plain function. For a copy or fill without a
/// stream the plain one waits for more than it must, never for less.
template <class Function, class... Args>
CUresult call_twin(Entry entry, Function DriverTable::*twin, Function DriverTable::*plain,
                   Args... args) {
  const DriverTable* const table = ready_table();
  if (table == nullptr) return CUDA_ERROR_NOT_INITIALIZED;
  if (table->*twin != nullptr) return guarded(entry, table->*twin, args...);
  if (table->*plain == nullptr) return not_supported(entry);
  return guarded(entry, table->*plain, PerThread<Args>(args).get()...);
}

/// An entry point of which only the name is known.
inline CUresult call_name(Entry entry) {
  return ready_table() == nullptr ? CUDA_ERROR_NOT_INITIALIZED : not_supported(entry);
}

}  // namespace vgpu::frontend
