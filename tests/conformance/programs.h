#pragma once

namespace vgpu::conformance {

/// scale: to[i] = to[i] * by + offset(a byte parameter), for i < n. count_up: counter += 1.
/// stray: writes to address 16. give_up: traps. with_shared: writes one byte of dynamic shared
/// memory back. limited: at most 64 threads.
inline constexpr const char* kProgram = R"(
.version 6.4
.target sm_50
.address_size 64

.visible .global .align 4 .u32 counter = 5;
.visible .const .align 4 .u32 factors[2] = {3, 4};
.extern .shared .align 16 .b8 dynamic[];

.visible .entry scale(.param .u64 to, .param .u8 offset, .param .u32 n, .param .u32 by)
{
  .reg .pred %p<2>;
  .reg .b32 %r<10>;
  .reg .b64 %rd<5>;
  ld.param.u64 %rd1, [to];
  ld.param.u8 %r7, [offset];
  ld.param.u32 %r1, [n];
  ld.param.u32 %r2, [by];
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mov.u32 %r5, %tid.x;
  mad.lo.s32 %r6, %r3, %r4, %r5;
  setp.ge.u32 %p1, %r6, %r1;
  @%p1 bra DONE;
  cvta.to.global.u64 %rd2, %rd1;
  mul.wide.u32 %rd3, %r6, 4;
  add.s64 %rd4, %rd2, %rd3;
  ld.global.u32 %r8, [%rd4];
  mad.lo.s32 %r9, %r8, %r2, %r7;
  st.global.u32 [%rd4], %r9;
DONE:
  ret;
}

.visible .entry count_up()
{
  .reg .b32 %r<3>;
  ld.global.u32 %r1, [counter];
  add.s32 %r2, %r1, 1;
  st.global.u32 [counter], %r2;
  ret;
}

.visible .entry stray()
{
  .reg .b32 %r<2>;
  .reg .b64 %rd<2>;
  mov.u64 %rd1, 16;
  mov.u32 %r1, 1;
  st.global.u32 [%rd1], %r1;
  ret;
}

.visible .entry give_up()
{
  trap;
  ret;
}

.visible .entry limited()
.maxntid 64, 1, 1
{
  ret;
}

.visible .entry with_shared(.param .u64 to, .param .u32 at)
{
  .reg .b32 %r<6>;
  .reg .b64 %rd<3>;
  ld.param.u64 %rd1, [to];
  ld.param.u32 %r1, [at];
  mov.u32 %r2, dynamic;
  add.s32 %r3, %r2, %r1;
  mov.u32 %r4, 77;
  st.shared.u8 [%r3], %r4;
  ld.shared.u8 %r5, [%r3];
  cvta.to.global.u64 %rd2, %rd1;
  st.global.u32 [%rd2], %r5;
  ret;
}
)";

/// Two texts that are whole only together.
inline constexpr const char* kCaller = R"(
.version 6.4
.target sm_50
.address_size 64
.extern .func (.param .b32 result) twice(.param .b32 value);

.visible .entry doubled(.param .u64 to, .param .u32 value)
{
  .reg .b32 %r<4>;
  .reg .b64 %rd<3>;
  ld.param.u64 %rd1, [to];
  ld.param.u32 %r1, [value];
  cvta.to.global.u64 %rd2, %rd1;
  {
    .param .b32 argument;
    .param .b32 answer;
    st.param.b32 [argument], %r1;
    call.uni (answer), twice, (argument);
    ld.param.b32 %r2, [answer];
  }
  st.global.u32 [%rd2], %r2;
  ret;
}
)";

inline constexpr const char* kCallee = R"(
.version 6.4
.target sm_50
.address_size 64

.visible .func (.param .b32 result) twice(.param .b32 value)
{
  .reg .b32 %r<3>;
  ld.param.b32 %r1, [value];
  add.s32 %r2, %r1, %r1;
  st.param.b32 [result], %r2;
  ret;
}
)";

/// Wrong in its seventh line.
inline constexpr const char* kMistaken = R"(.version 6.4
.target sm_50
.address_size 64
.visible .entry wrong()
{
  .reg .b32 %r<2>;
  mov.u32 %r1, %nothing;
  ret;
}
)";

}  // namespace vgpu::conformance
