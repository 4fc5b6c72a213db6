#include "shim/cpu/exec/fiber.h"

#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "shim/cpu/exec/address_space.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

// Saves what a call preserves on the old stack, takes the new one, and returns there. The
// processor's floating-point modes are the same on both sides. Source: System V ABI, x86-64, 3.2.1.
extern "C" void vgpu_switch_stack(void** save_sp, void* new_sp);
asm(R"(
.text
.p2align 4
.hidden vgpu_switch_stack
.globl vgpu_switch_stack
.type vgpu_switch_stack, @function
vgpu_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size vgpu_switch_stack, .-vgpu_switch_stack
)");

// The first frame of a fibre: r12 holds the entry function, r13 its argument.
extern "C" void vgpu_fiber_start();
asm(R"(
.text
.p2align 4
.hidden vgpu_fiber_start
.globl vgpu_fiber_start
.type vgpu_fiber_start, @function
vgpu_fiber_start:
  movq %r13, %rdi
  call *%r12
  ud2
.size vgpu_fiber_start, .-vgpu_fiber_start
)");

namespace vgpu::exec {
namespace {

constexpr std::size_t kStackSize = std::size_t{256} << 10;
constexpr std::size_t kGuardSize = std::size_t{4} << 10;  // below it: overflow faults

}  // namespace

Fiber::Fiber() {
  // Out-of-line functions keep their local memory on the stack, so it is memory of kernels.
  stack_ = address_space().reserve(kGuardSize + kStackSize, kGuardSize);
  if (stack_ == nullptr) throw std::bad_alloc();
  if (::mprotect(static_cast<std::byte*>(stack_) + kGuardSize, kStackSize,
                 PROT_READ | PROT_WRITE) != 0) {
    address_space().release(stack_, kGuardSize + kStackSize);
    throw std::bad_alloc();
  }
#if defined(__SANITIZE_THREAD__)
  sanitizer_state_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#if defined(__SANITIZE_THREAD__)
  __tsan_destroy_fiber(sanitizer_state_);
#endif
  address_space().release(stack_, kGuardSize + kStackSize);
}

void Fiber::start(Body body, void* context) noexcept {
  body_ = body;
  context_ = context;
  done_ = false;
  // Six saved registers (r15, r14, r13, r12, rbx, rbp) and the return address: after them the
  // stack is aligned to 16 bytes, as it has to be where vgpu_fiber_start makes its call.
  auto* top = reinterpret_cast<std::uintptr_t*>(static_cast<std::byte*>(stack_) + kGuardSize +
                                                kStackSize - 64);
  const std::array<std::uintptr_t, 7> frame{0,
                                            0,
                                            reinterpret_cast<std::uintptr_t>(this),
                                            reinterpret_cast<std::uintptr_t>(&Fiber::enter),
                                            0,
                                            0,
                                            reinterpret_cast<std::uintptr_t>(&vgpu_fiber_start)};
  top -= frame.size();
  for (std::size_t n = 0; n < frame.size(); ++n) top[n] = frame[n];
  own_sp_ = top;
}

void Fiber::enter(Fiber* self) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self->outer_bottom_, &self->outer_size_);
#endif
  self->body_(self->context_);
  self->done_ = true;
  self->yield();
  std::abort();  // resume() never continues a fibre that is done
}

bool Fiber::resume() noexcept {
  if (done_) return true;
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, static_cast<std::byte*>(stack_) + kGuardSize, kStackSize);
#endif
#if defined(__SANITIZE_THREAD__)
  sanitizer_outer_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(sanitizer_state_, 0);
#endif
  vgpu_switch_stack(&outer_sp_, own_sp_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
  return done_;
}

void Fiber::yield() noexcept {
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(done_ ? nullptr : &fake, outer_bottom_, outer_size_);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(sanitizer_outer_, 0);
#endif
  vgpu_switch_stack(&own_sp_, outer_sp_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, &outer_bottom_, &outer_size_);
#endif
}

}  // namespace vgpu::exec
