#include "shim/cpu/driver/api/entries.h"
#include "shim/cpu/driver/thread_state.h"

namespace vgpu::cpu::api {

// What these switch is a profiler's collecting of data. There is none, and the real driver without
// one does nothing, too.

CUresult cuProfilerStart() {
  current_context();
  return CUDA_SUCCESS;
}

CUresult cuProfilerStop() {
  current_context();
  return CUDA_SUCCESS;
}

}  // namespace vgpu::cpu::api
