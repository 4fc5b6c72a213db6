#include "shim/cpu/jit/runtime_symbols.h"

#include <array>
#include <cmath>
#include <cstring>

#include "shim/cpu/exec/mbarrier.h"
#include "shim/cpu/exec/runtime.h"

namespace vgpu::jit {

namespace {

template <class F>
void* address(F* function) {
  return reinterpret_cast<void*>(function);
}

using Unary32 = float (*)(float);
using Unary64 = double (*)(double);
using Binary32 = float (*)(float, float);
using Binary64 = double (*)(double, double);

}  // namespace

std::span<const RuntimeSymbol> runtime_symbols() {
#define VGPU_RUNTIME(name) \
  { #name, address(&name) }
#define VGPU_MATH1(name) \
  {#name "f", address(Unary32{&::name##f})}, { #name, address(Unary64{&::name}) }
#define VGPU_MATH2(name) \
  {#name "f", address(Binary32{&::name##f})}, { #name, address(Binary64{&::name}) }
  static const RuntimeSymbol symbols[] = {
      VGPU_RUNTIME(vgpu_check),
      VGPU_RUNTIME(vgpu_check_entry),
      VGPU_RUNTIME(vgpu_trap),
      VGPU_RUNTIME(vgpu_yield),
      VGPU_RUNTIME(vgpu_bad_call),
      VGPU_RUNTIME(vgpu_barrier),
      VGPU_RUNTIME(vgpu_arrive),
      VGPU_RUNTIME(vgpu_smid),
      VGPU_RUNTIME(vgpu_nsmid),
      VGPU_RUNTIME(vgpu_clock),
      VGPU_RUNTIME(vgpu_globaltimer),
      VGPU_RUNTIME(vgpu_vprintf),
      {"vgpu___assertfail", address(&vgpu_assert_fail)},
      VGPU_RUNTIME(vgpu_malloc),
      VGPU_RUNTIME(vgpu_free),
      VGPU_RUNTIME(vgpu_mbarrier),
      VGPU_RUNTIME(memcpy),
      VGPU_RUNTIME(memset),
      VGPU_RUNTIME(memmove),
      // What LLVM's code generator calls where the processor has no instruction.
      VGPU_MATH1(sin),
      VGPU_MATH1(cos),
      VGPU_MATH1(tanh),
      VGPU_MATH1(exp),
      VGPU_MATH1(exp2),
      VGPU_MATH1(log),
      VGPU_MATH1(log2),
      VGPU_MATH1(log10),
      VGPU_MATH1(floor),
      VGPU_MATH1(ceil),
      VGPU_MATH1(trunc),
      VGPU_MATH1(rint),
      VGPU_MATH1(nearbyint),
      VGPU_MATH1(round),
      VGPU_MATH1(sqrt),
      VGPU_MATH2(pow),
      VGPU_MATH2(fmod),
      VGPU_MATH2(fmin),
      VGPU_MATH2(fmax),
      {"fmaf", address(static_cast<float (*)(float, float, float)>(&::fmaf))},
      {"fma", address(static_cast<double (*)(double, double, double)>(&::fma))},
  };
#undef VGPU_RUNTIME
#undef VGPU_MATH1
#undef VGPU_MATH2
  return symbols;
}

}  // namespace vgpu::jit
