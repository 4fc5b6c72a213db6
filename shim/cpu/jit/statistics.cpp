#include "shim/cpu/jit/statistics.h"

namespace vgpu::jit {

Counters& counters() noexcept {
  static constinit Counters all;
  return all;
}

Statistics statistics() noexcept {
  const Counters& now = counters();
  Statistics result;
  result.compiled = now.compiled;
  result.from_cache = now.from_cache;
  result.stored = now.stored;
  result.not_stored = now.not_stored;
  result.generate_ns = now.generate_ns;
  result.optimise_ns = now.optimise_ns;
  result.emit_ns = now.emit_ns;
  result.load_ns = now.load_ns;
  result.cache_ns = now.cache_ns;
  result.instructions = now.instructions;
  result.optimised = now.optimised;
  result.bytes = now.bytes;
  return result;
}

}  // namespace vgpu::jit
