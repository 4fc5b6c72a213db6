#pragma once

#include <array>
#include <type_traits>

#include "shim/abi/cuda_types.h"
#include "shim/api/cancellation.h"
#include "shim/api/entries.h"
#include "shim/frontend/show.h"
#include "shim/trace/call.h"

/// What is around the wrapper of an entry point where there is a trace.
namespace vgpu::frontend {

/// Says where a call's stream or device is to be found in the trace.
void locate_stream(trace::Call::Where& where, Entry entry, CUstream stream) noexcept;

/// Tells of a call that has ended.
void tell(trace::Call& call, std::span<const trace::Shown> arguments, CUresult result,
          const trace::Call::Where& where) noexcept;

template <class Argument>
void locate(trace::Call::Where& where, Entry entry, const Argument& argument) noexcept {
  using T = decltype(argument.value);
  if constexpr (std::is_same_v<T, CUstream>)
    locate_stream(where, entry, argument.value);
  else if constexpr (Argument::kSpelling == trace::Spelling::device)
    where.device = trace::machine_device(argument.value);
}

/// Answers with `body` and tells of it.
template <class Body, class... Arguments>
[[gnu::noinline, gnu::cold]] CUresult traced(Entry entry, Body body, Arguments... arguments) {
  if (!trace::decide()) return body();
  return uncancelled([&]() noexcept {
    trace::Call call("cuda", entry_name(entry));
    const CUresult result = body();
    call.stop();
    trace::Call::Where where;
    (locate(where, entry, arguments), ...);
    const std::array<trace::Shown, sizeof...(Arguments)> shown{arguments.shown()...};
    tell(call, shown, result, where);
    return result;
  });
}

}  // namespace vgpu::frontend
