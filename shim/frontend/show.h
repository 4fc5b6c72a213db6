#pragma once

#include "shim/abi/cuda_types.h"
#include "shim/trace/text.h"

/// Structures whose content a trace shows; see shim/trace/arguments.h.
namespace vgpu {

void show(trace::Text& text, const CUresult& result) noexcept;
void show(trace::Text& text, const CUuuid& uuid) noexcept;
void show(trace::Text& text, const CUlaunchConfig& config) noexcept;
void show(trace::Text& text, const CUmemLocation& location) noexcept;

}  // namespace vgpu
