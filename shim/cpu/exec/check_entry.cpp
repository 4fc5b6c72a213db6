#include <cstddef>

#include "shim/cpu/exec/runtime.h"

// Saves every register that generated code may use, below the red zone that a leaf function has
// under its stack pointer, and calls vgpu_check with its arguments as they are. XSAVE's components
// 0 to 2 and 5 to 7 are x87, SSE, AVX and AVX-512; in its standard format they end before 2688,
// and the 24 bytes from 512 + 8 on must be zero.
// Source: Intel SDM volume 1, chapter 13; System V ABI, x86-64, 3.2.2.
asm(R"(
.text
.p2align 4
.hidden vgpu_check_entry
.globl vgpu_check_entry
.type vgpu_check_entry, @function
vgpu_check_entry:
  pushq %rbp
  movq %rsp, %rbp
  pushq %rax
  pushq %rcx
  pushq %rdx
  pushq %rsi
  pushq %rdi
  pushq %r8
  pushq %r9
  pushq %r10
  pushq %r11
  subq $2752, %rsp
  andq $-64, %rsp
  movq %rdx, %r8
  xorl %eax, %eax
  movq %rax, 512(%rsp)
  movq %rax, 520(%rsp)
  movq %rax, 528(%rsp)
  movq %rax, 536(%rsp)
  movl $0xe7, %eax
  xorl %edx, %edx
  xsave64 (%rsp)
  movq %r8, %rdx
  cld
  call vgpu_check
  movl $0xe7, %eax
  xorl %edx, %edx
  xrstor64 (%rsp)
  leaq -72(%rbp), %rsp
  popq %r11
  popq %r10
  popq %r9
  popq %r8
  popq %rdi
  popq %rsi
  popq %rdx
  popq %rcx
  popq %rax
  popq %rbp
  ret
.size vgpu_check_entry, .-vgpu_check_entry
)");
