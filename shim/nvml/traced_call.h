#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "shim/abi/nvml_types.h"
#include "shim/api/cancellation.h"
#include "shim/trace/call.h"

namespace vgpu {

void show(trace::Text& text, const nvmlReturn_t& result) noexcept;
void show(trace::Text& text, const nvmlMemory_t& memory) noexcept;
void show(trace::Text& text, const nvmlMemory_v2_t& memory) noexcept;
void show(trace::Text& text, const nvmlUtilization_t& utilization) noexcept;

}  // namespace vgpu

/// What is around the wrapper of an entry point where there is a trace.
namespace vgpu::nvml {

/// The machine's number of a device; -1 if it is none.
int device_of(nvmlDevice_t device) noexcept;

/// Tells of a call that has ended. `unsupported` counts how often that was its answer.
void tell(trace::Call& call, const char* name, std::span<const trace::Shown> arguments,
          nvmlReturn_t result, const trace::Call::Where& where,
          std::atomic<std::uint64_t>& unsupported) noexcept;

template <class Argument>
void locate(trace::Call::Where& where, const Argument& argument) noexcept {
  if constexpr (std::is_same_v<decltype(argument.value), nvmlDevice_t>)
    where.device = device_of(argument.value);
}

/// Answers with `body` and tells of it.
template <class Body, class... Arguments>
[[gnu::noinline, gnu::cold]] nvmlReturn_t traced(const char* name, Body body,
                                                 Arguments... arguments) {
  if (!trace::decide()) return body();
  return uncancelled([&]() noexcept {
    trace::Call call("nvml", name);
    const nvmlReturn_t result = body();
    call.stop();
    trace::Call::Where where;
    (locate(where, arguments), ...);
    const std::array<trace::Shown, sizeof...(Arguments)> shown{arguments.shown()...};
    static constinit std::atomic<std::uint64_t> unsupported{0};  // there is one of us for each name
    tell(call, name, shown, result, where, unsupported);
    return result;
  });
}

}  // namespace vgpu::nvml
