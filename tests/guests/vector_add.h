// Adds two vectors on device 0, in a context of its own, from PTX text; ends the guest if anything
// is wrong.
#pragma once
#include "driver.h"

static const char kVectorAddPtx[] =
    ".version 6.3\n.target sm_30\n.address_size 64\n"
    ".visible .entry vector_add(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 n) {\n"
    "  .reg .pred %p<2>; .reg .b32 %r<6>; .reg .f32 %f<4>; .reg .b64 %rd<11>;\n"
    "  ld.param.u64 %rd1, [a]; ld.param.u64 %rd2, [b]; ld.param.u64 %rd3, [c];\n"
    "  ld.param.u32 %r1, [n];\n"
    "  mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;\n"
    "  mad.lo.s32 %r5, %r2, %r3, %r4;\n"
    "  setp.ge.u32 %p1, %r5, %r1;\n"
    "  @%p1 bra DONE;\n"
    "  cvta.to.global.u64 %rd4, %rd1; cvta.to.global.u64 %rd5, %rd2; cvta.to.global.u64 %rd6, "
    "%rd3;\n"
    "  mul.wide.u32 %rd7, %r5, 4;\n"
    "  add.s64 %rd8, %rd4, %rd7; add.s64 %rd9, %rd5, %rd7; add.s64 %rd10, %rd6, %rd7;\n"
    "  ld.global.f32 %f1, [%rd8]; ld.global.f32 %f2, [%rd9];\n"
    "  add.f32 %f3, %f1, %f2;\n"
    "  st.global.f32 [%rd10], %f3;\n"
    "DONE:\n"
    "  ret;\n"
    "}\n";

static inline void vector_add(void) {
  enum { kCount = 1000 };
  int device;
  unsigned n = kCount;
  Handle context, module, function;
  TRY(cuDeviceGet(&device, 0));
  TRY(cuCtxCreate_v2(&context, 0, device));
  TRY(cuModuleLoadData(&module, kVectorAddPtx));
  TRY(cuModuleGetFunction(&function, module, "vector_add"));

  float a[kCount], b[kCount], c[kCount];
  for (int i = 0; i < kCount; ++i) a[i] = (float)i, b[i] = 0.5f * (float)i;
  DevicePtr da, db, dc;
  TRY(cuMemAlloc_v2(&da, sizeof a));
  TRY(cuMemAlloc_v2(&db, sizeof b));
  TRY(cuMemAlloc_v2(&dc, sizeof c));
  TRY(cuMemcpyHtoD_v2(da, a, sizeof a));
  TRY(cuMemcpyHtoD_v2(db, b, sizeof b));
  void* params[] = {&da, &db, &dc, &n};
  TRY(cuLaunchKernel(function, (n + 127) / 128, 1, 1, 128, 1, 1, 0, NULL, params, NULL));
  TRY(cuMemcpyDtoH_v2(c, dc, sizeof c));
  TRY(cuCtxDestroy_v2(context));
  for (int i = 0; i < kCount; ++i) TRY(c[i] != 1.5f * (float)i);
}
