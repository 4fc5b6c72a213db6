#pragma once

#include <cstdarg>
#include <cstdint>

#include "shim/abi/cuda_types.h"

/// The words of the export tables that are implemented. Called by the program's CUDA libraries.
namespace vgpu::frontend {

namespace error_log {
/// The runtime hands over its own error texts: it prints nothing and neither do we.
CUresult log(const char* component, int level, const char* format, std::va_list arguments);
}  // namespace error_log

namespace cudart_interface {
CUresult load_wrapper(CUmodule* module, const void* wrapper);
CUresult primary_context(CUcontext* context, CUdevice device);
CUresult load_wrapper_with(CUmodule* module, const void* wrapper, void*, void*, std::uint32_t);
CUresult load_fatbin_with(const void* fatbin, CUmodule* module, void*, void*, std::uint32_t);
CUresult load_compilers();
}  // namespace cudart_interface

namespace callback_hooks {
void flags(std::uint32_t** array, std::size_t* count);
void more_flags(std::uint32_t** array, std::size_t* count);
}  // namespace callback_hooks

namespace tools_tls {
CUresult current_context(CUcontext* context);
}  // namespace tools_tls

namespace context_checks {
CUresult check(CUcontext context, std::uint32_t* flag, void** unused);
std::uint32_t more();
}  // namespace context_checks

namespace integrity_check {
CUresult answer(std::uint32_t version, std::uint64_t seconds, std::uint64_t* out);
}  // namespace integrity_check

namespace tools_context {
CUresult device(CUcontext context, CUdevice* device);
CUresult id(CUcontext context, std::uint64_t* id);
CUresult stream_id(CUcontext context, void* stream, std::uint64_t* id);
CUresult resolve_stream(CUcontext context, CUstream handle, void** stream, int per_thread);
}  // namespace tools_context

namespace tools_module {
using EachFunction = void (*)(void* user, CUfunction function, void* unused);
/// Returns how many functions there are, not a CUresult.
int each_function(CUcontext context, CUmodule module, EachFunction callback, void* user);
}  // namespace tools_module

}  // namespace vgpu::frontend
