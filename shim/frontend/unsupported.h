#pragma once

#include <cstddef>
#include <string>

#include "shim/api/api_error.h"
#include "shim/api/entries.h"

namespace vgpu::frontend {

/// Counts a call that was answered CUDA_ERROR_NOT_SUPPORTED, and returns that.
CUresult not_supported(Entry entry) noexcept;

/// The same for a word of an export table, by its number among all tables' words.
CUresult table_word_not_supported(std::size_t word_index) noexcept;

/// If the tree wants to know (DeviceConfig::report_unsupported): says on standard error, at once,
/// why a call failed, where it failed for what is missing in us rather than in the program. Shape:
/// "vgpu-run: PID NAME: cuModuleLoadData: CUDA_ERROR_NO_BINARY_FOR_GPU: MESSAGE\n". Otherwise only
/// of code for other GPUs, once in a process, unless the tree is to be quiet
/// (DeviceConfig::show_messages).
void explain(Entry entry, const ApiError& error) noexcept;

/// At the exit of this process one line goes to standard error for everything counted.
void report_unsupported_at_exit();

/// What is counted so far, as report_unsupported_at_exit would print it.
/// Shape: "vgpu-run: PID NAME: not supported: cuFoo x3\n" for each.
std::string unsupported_report();

}  // namespace vgpu::frontend
