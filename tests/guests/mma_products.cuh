// One mma for each type of elements: c += a * b.
#pragma once
#include <mma.h>

using Words = const unsigned*;
#define MMA(type, out, letter, shape_types)                                               \
  __device__ void mma(type, out* c, Words a, Words b) {                                   \
    asm volatile("mma.sync.aligned." shape_types                                          \
                 " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"       \
                 : "+" letter(c[0]), "+" letter(c[1]), "+" letter(c[2]), "+" letter(c[3]) \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));     \
  }
MMA(half, float, "f", "m16n8k16.row.col.f32.f16.f16.f32")
MMA(__nv_bfloat16, float, "f", "m16n8k16.row.col.f32.bf16.bf16.f32")
MMA(float, float, "f", "m16n8k8.row.col.f32.tf32.tf32.f32")
MMA(signed char, int, "r", "m16n8k32.row.col.s32.s8.s8.s32")
