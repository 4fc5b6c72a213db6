#pragma once

#include <string>

namespace vgpu::benches {

/// The three kernels as a compiler would write them: tiles in shared memory with the inner loop
/// unrolled, a loop over the grid with a tree over the block.
inline std::string kernels_ptx() {
  std::string text = R"(.version 6.3
.target sm_70
.address_size 64

.visible .entry vector_add(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 n) {
  .reg .pred %p<2>; .reg .b32 %r<6>; .reg .f32 %f<4>; .reg .b64 %rd<11>;
  ld.param.u64 %rd1, [a];
  ld.param.u64 %rd2, [b];
  ld.param.u64 %rd3, [c];
  ld.param.u32 %r2, [n];
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mov.u32 %r5, %tid.x;
  mad.lo.s32 %r1, %r3, %r4, %r5;
  setp.ge.s32 %p1, %r1, %r2;
  @%p1 bra DONE;
  cvta.to.global.u64 %rd4, %rd1;
  mul.wide.s32 %rd5, %r1, 4;
  add.s64 %rd6, %rd4, %rd5;
  cvta.to.global.u64 %rd7, %rd2;
  add.s64 %rd8, %rd7, %rd5;
  ld.global.f32 %f1, [%rd8];
  ld.global.f32 %f2, [%rd6];
  add.f32 %f3, %f2, %f1;
  cvta.to.global.u64 %rd9, %rd3;
  add.s64 %rd10, %rd9, %rd5;
  st.global.f32 [%rd10], %f3;
DONE:
  ret;
}

.visible .entry reduction(.param .u64 a, .param .u64 sums, .param .u32 n) {
  .reg .pred %p<5>; .reg .b32 %r<16>; .reg .f32 %f<8>; .reg .b64 %rd<9>;
  .shared .align 4 .b8 partial[1024];
  ld.param.u64 %rd1, [a];
  ld.param.u64 %rd2, [sums];
  ld.param.u32 %r1, [n];
  cvta.to.global.u64 %rd3, %rd1;
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mad.lo.s32 %r5, %r3, %r4, %r2;
  mov.u32 %r6, %nctaid.x;
  mul.lo.s32 %r7, %r6, %r4;
  mov.f32 %f1, 0f00000000;
  setp.ge.s32 %p1, %r5, %r1;
  @%p1 bra BLOCK;
NEXT:
  mul.wide.s32 %rd4, %r5, 4;
  add.s64 %rd5, %rd3, %rd4;
  ld.global.f32 %f2, [%rd5];
  add.f32 %f1, %f1, %f2;
  add.s32 %r5, %r5, %r7;
  setp.lt.s32 %p2, %r5, %r1;
  @%p2 bra NEXT;
BLOCK:
  shl.b32 %r8, %r2, 2;
  mov.u32 %r9, partial;
  add.s32 %r10, %r9, %r8;
  st.shared.f32 [%r10], %f1;
  bar.sync 0;
  shr.u32 %r11, %r4, 1;
HALVE:
  setp.ge.u32 %p3, %r2, %r11;
  @%p3 bra MEET;
  shl.b32 %r12, %r11, 2;
  add.s32 %r13, %r10, %r12;
  ld.shared.f32 %f3, [%r13];
  ld.shared.f32 %f4, [%r10];
  add.f32 %f5, %f3, %f4;
  st.shared.f32 [%r10], %f5;
MEET:
  bar.sync 0;
  shr.u32 %r11, %r11, 1;
  setp.ne.s32 %p4, %r11, 0;
  @%p4 bra HALVE;
  setp.ne.s32 %p1, %r2, 0;
  @%p1 bra DONE;
  ld.shared.f32 %f6, [partial];
  cvta.to.global.u64 %rd6, %rd2;
  mul.wide.u32 %rd7, %r3, 4;
  add.s64 %rd8, %rd6, %rd7;
  st.global.f32 [%rd8], %f6;
DONE:
  ret;
}

.visible .entry matrix_mul(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 n) {
  .reg .pred %p<2>; .reg .b32 %r<24>; .reg .f32 %f<6>; .reg .b64 %rd<16>;
  .shared .align 4 .b8 tile_a[1024];
  .shared .align 4 .b8 tile_b[1024];
  ld.param.u64 %rd1, [a];
  ld.param.u64 %rd2, [b];
  ld.param.u64 %rd3, [c];
  ld.param.u32 %r1, [n];
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %tid.y;
  mov.u32 %r4, %ctaid.x;
  mov.u32 %r5, %ctaid.y;
  shl.b32 %r6, %r5, 4;
  add.s32 %r7, %r6, %r3;
  shl.b32 %r8, %r4, 4;
  add.s32 %r9, %r8, %r2;
  mad.lo.s32 %r10, %r7, %r1, %r2;
  mad.lo.s32 %r11, %r3, %r1, %r9;
  cvta.to.global.u64 %rd4, %rd1;
  mul.wide.s32 %rd5, %r10, 4;
  add.s64 %rd6, %rd4, %rd5;
  cvta.to.global.u64 %rd7, %rd2;
  mul.wide.s32 %rd8, %r11, 4;
  add.s64 %rd9, %rd7, %rd8;
  mul.wide.s32 %rd10, %r1, 64;
  shl.b32 %r12, %r3, 6;
  shl.b32 %r13, %r2, 2;
  mov.u32 %r14, tile_a;
  add.s32 %r15, %r14, %r12;
  add.s32 %r16, %r15, %r13;
  mov.u32 %r17, tile_b;
  add.s32 %r18, %r17, %r13;
  add.s32 %r19, %r18, %r12;
  mov.f32 %f1, 0f00000000;
  mov.u32 %r20, 0;
TILE:
  ld.global.f32 %f2, [%rd6];
  st.shared.f32 [%r16], %f2;
  ld.global.f32 %f3, [%rd9];
  st.shared.f32 [%r19], %f3;
  bar.sync 0;
)";
  for (int k = 0; k < 16; ++k) {
    text += "  ld.shared.f32 %f4, [%r15+" + std::to_string(4 * k) + "];\n";
    text += "  ld.shared.f32 %f5, [%r18+" + std::to_string(64 * k) + "];\n";
    text += "  fma.rn.f32 %f1, %f4, %f5, %f1;\n";
  }
  text += R"(  bar.sync 0;
  add.s64 %rd6, %rd6, 64;
  add.s64 %rd9, %rd9, %rd10;
  add.s32 %r20, %r20, 16;
  setp.lt.s32 %p1, %r20, %r1;
  @%p1 bra TILE;
  mad.lo.s32 %r21, %r7, %r1, %r9;
  cvta.to.global.u64 %rd11, %rd3;
  mul.wide.s32 %rd12, %r21, 4;
  add.s64 %rd13, %rd11, %rd12;
  st.global.f32 [%rd13], %f1;
  ret;
}
)";
  return text;
}

/// A product of matrices in the tensor cores' way, and the conversion of its factors to f16: a warp
/// has 32 x 32 elements, which are 2 x 2 fragments.
inline std::string tensor_ptx() {
  const auto list = [](const std::string& name, int count) {
    std::string text = "{";
    for (int n = 0; n < count; ++n) text += (n == 0 ? "%" : ", %") + name + std::to_string(n);
    return text + "}";
  };
  const auto fragment = [](const char* name, int n) { return name + std::to_string(n) + "x"; };
  std::string text = R"(.version 6.3
.target sm_70
.address_size 64

.visible .entry halve(.param .u64 from, .param .u64 to) {
  .reg .b32 %r<5>; .reg .b16 %h; .reg .f32 %f; .reg .b64 %rd<6>;
  ld.param.u64 %rd1, [from];
  ld.param.u64 %rd2, [to];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x;
  mad.lo.s32 %r4, %r1, %r2, %r3;
  mad.wide.u32 %rd3, %r4, 4, %rd1;
  mad.wide.u32 %rd4, %r4, 2, %rd2;
  ld.global.f32 %f, [%rd3];
  cvt.rn.f16.f32 %h, %f;
  st.global.b16 [%rd4], %h;
  ret;
}

.visible .entry matrix_f16(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 n) {
  .reg .pred %p; .reg .b32 %r<9>; .reg .b64 %rd<12>;
)";
  for (int n = 0; n < 2; ++n)
    text += "  .reg .b32 %" + fragment("a", n) + "<8>, %" + fragment("b", n) + "<8>;\n";
  for (int n = 0; n < 4; ++n) text += "  .reg .f32 %" + fragment("c", n) + "<8>;\n";
  text += R"(  ld.param.u64 %rd1, [a];
  ld.param.u64 %rd2, [b];
  ld.param.u64 %rd3, [c];
  ld.param.u32 %r1, [n];
  mov.u32 %r2, %ctaid.y;
  shl.b32 %r3, %r2, 5;
  mov.u32 %r4, %ctaid.x;
  shl.b32 %r5, %r4, 5;
  mul.lo.u32 %r6, %r3, %r1;
  mad.wide.u32 %rd4, %r6, 2, %rd1;
  mad.wide.u32 %rd5, %r5, 2, %rd2;
  add.u32 %r7, %r6, %r5;
  mad.wide.u32 %rd6, %r7, 4, %rd3;
  mul.wide.u32 %rd7, %r1, 32;
  add.u64 %rd8, %rd4, %rd7;
  add.u64 %rd9, %rd6, %rd7;
  add.u64 %rd9, %rd9, %rd7;
  mov.u32 %r8, 0;
)";
  for (int n = 0; n < 4; ++n)
    for (int k = 0; k < 8; ++k)
      text += "  mov.f32 %" + fragment("c", n) + std::to_string(k) + ", 0f00000000;\n";
  text += "NEXT:\n";
  const char* const kRows[] = {"%rd4", "%rd8"};
  for (int n = 0; n < 2; ++n) {
    text += "  wmma.load.a.sync.aligned.row.m16n16k16.global.f16 " + list(fragment("a", n), 8) +
            ", [" + kRows[n] + "], %r1;\n";
    text += "  wmma.load.b.sync.aligned.row.m16n16k16.global.f16 " + list(fragment("b", n), 8) +
            ", [%rd5+" + std::to_string(32 * n) + "], %r1;\n";
  }
  for (int n = 0; n < 4; ++n) {
    const std::string sums = list(fragment("c", n), 8);
    text += "  wmma.mma.sync.aligned.row.row.m16n16k16.f32.f32 " + sums + ", " +
            list(fragment("a", n / 2), 8) + ", " + list(fragment("b", n % 2), 8) + ", " + sums +
            ";\n";
  }
  text += R"(  add.u64 %rd4, %rd4, 32;
  add.u64 %rd8, %rd8, 32;
  add.u64 %rd5, %rd5, %rd7;
  add.u32 %r8, %r8, 16;
  setp.lt.u32 %p, %r8, %r1;
  @%p bra NEXT;
)";
  const char* const kResults[] = {"%rd6", "%rd9"};
  for (int n = 0; n < 4; ++n)
    text += std::string("  wmma.store.d.sync.aligned.row.m16n16k16.global.f32 [") +
            kResults[n / 2] + "+" + std::to_string(n % 2 * 64) + "], " + list(fragment("c", n), 8) +
            ", %r1;\n";
  return text + "  ret;\n}\n";
}

}  // namespace vgpu::benches
