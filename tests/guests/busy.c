// Runs one kernel after the other until it is killed.
#include "driver.h"

static const char kSpin[] =
    ".version 6.4\n.target sm_61\n.address_size 64\n"
    ".visible .entry spin(.param .u32 turns) {\n"
    "  .reg .u32 %r<3>;\n  .reg .pred %p;\n"
    "  ld.param.u32 %r1, [turns];\n  mov.u32 %r2, %clock;\n"
    "again:\n  xor.b32 %r2, %r2, %r1;\n  mul.lo.u32 %r2, %r2, 1664525;\n"
    "  sub.u32 %r1, %r1, 1;\n  setp.ne.u32 %p, %r1, 0;\n  @%p bra again;\n"
    "  setp.eq.u32 %p, %r2, 1;\n  @%p trap;\n  ret;\n}\n";

int main(void) {
  Handle context, module, function;
  int device;
  unsigned turns = 20000000;
  void* params[] = {&turns};
  open_driver("libcuda.so.1");
  TRY(cuInit(0));
  TRY(cuDeviceGet(&device, 0));
  TRY(cuCtxCreate_v2(&context, 0, device));
  TRY(cuModuleLoadData(&module, kSpin));
  TRY(cuModuleGetFunction(&function, module, "spin"));
  for (;;) {
    TRY(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, NULL, params, NULL));
    TRY(cuCtxSynchronize());
  }
}
