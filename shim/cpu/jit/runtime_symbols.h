#pragma once

#include <span>

namespace vgpu::jit {

/// A function that generated code may call.
struct RuntimeSymbol {
  const char* name;
  void* address;
};

std::span<const RuntimeSymbol> runtime_symbols();

}  // namespace vgpu::jit
