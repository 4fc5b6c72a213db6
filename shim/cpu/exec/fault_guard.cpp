#include "shim/cpu/exec/fault_guard.h"

#include <ucontext.h>

#include <array>
#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <mutex>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace vgpu::exec {
namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr std::size_t kHandlerStack = std::size_t{64} << 10;  // an AVX-512 and AMX frame is 11 KiB

struct Guard {
  sigjmp_buf back;
  Fault fault;
  sigset_t mask;  // of the thread when it faulted: a jump out of the handler does not restore it
  void* sanitizer_fiber;
};

// ThreadSanitizer keeps its jump buffers by fibre: a jump out of a fibre is made from the one that
// it goes to.
#if defined(__SANITIZE_THREAD__)
void* current_fiber() noexcept { return __tsan_get_current_fiber(); }
void become_fiber(void* fiber) noexcept {
  if (fiber != __tsan_get_current_fiber()) __tsan_switch_to_fiber(fiber, 0);
}
#else
void* current_fiber() noexcept { return nullptr; }
void become_fiber(void*) noexcept {}
#endif

// initial-exec, because the handler reads it: the general model may allocate at first use.
__attribute__((tls_model("initial-exec"))) thread_local Guard* innermost = nullptr;
// True while the program's own handler runs below ours: one that calls back what it replaced, which
// may be ours, must not do so for ever.
__attribute__((tls_model("initial-exec"))) thread_local bool chaining = false;

// What the program had installed before us. Replaced whole, and the older ones are kept: a handler
// may be reading one.
struct Previous {
  struct sigaction action;
  const Previous* older;
};
std::array<std::atomic<const Previous*>, kSignals.size()> previous{};  // per entry of kSignals

std::size_t index_of(int number) noexcept {
  std::size_t n = 0;
  while (n + 1 < kSignals.size() && kSignals[n] != number) ++n;
  return n;
}

// Calls the handler that the program had. Returns false if it had none.
bool call_previous(int number, siginfo_t* info, void* frame) noexcept {
  const Previous* saved = previous[index_of(number)].load(std::memory_order_acquire);
  if (saved == nullptr || chaining) return false;
  const struct sigaction* old = &saved->action;
  const bool detailed = (old->sa_flags & SA_SIGINFO) != 0;
  if (!detailed && (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN)) return false;
  chaining = true;
  if (detailed)
    old->sa_sigaction(number, info, frame);
  else
    old->sa_handler(number);
  chaining = false;
  return true;
}

// Passes a fault that is not ours on to the program's handler, or lets the default end it.
void chain(int number, siginfo_t* info, void* frame) noexcept {
  if (call_previous(number, info, frame)) return;
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  ::sigaction(number, &fallback, nullptr);  // the instruction faults again, now for good
  if (info->si_code <= 0) ::raise(number);  // unless it was sent by kill(2)
}

void on_fault(int number, siginfo_t* info, void* frame) noexcept {
  Guard* guard = innermost;
  if (guard == nullptr || info->si_code <= 0) return chain(number, info, frame);
  guard->fault = {number, info->si_code, reinterpret_cast<std::uint64_t>(info->si_addr)};
  guard->mask = static_cast<const ucontext_t*>(frame)->uc_sigmask;
  become_fiber(guard->sanitizer_fiber);
  siglongjmp(guard->back, 1);
}

void arm(std::size_t n) {
  struct sigaction now {};
  if (::sigaction(kSignals[n], nullptr, &now) != 0) return;
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_fault) return;
  previous[n].store(new Previous{now, previous[n].load()}, std::memory_order_release);
  struct sigaction ours {};
  ours.sa_sigaction = on_fault;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(kSignals[n], &ours, nullptr);
}

// A kernel's stack may be what is broken, so each thread that runs kernels has a second one.
// It is never freed: the thread may end while a handler of the program is on it.
void give_handler_stack() noexcept {
  thread_local bool given = false;
  if (given) return;
  given = true;
  stack_t now{};
  if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
  stack_t fresh{};
  fresh.ss_size = kHandlerStack;
  fresh.ss_sp = std::malloc(kHandlerStack);
  if (fresh.ss_sp != nullptr) ::sigaltstack(&fresh, nullptr);
}

}  // namespace

void arm_fault_handlers() noexcept {
  static auto* const guard = new std::mutex;
  const std::lock_guard lock(*guard);
  for (std::size_t n = 0; n < kSignals.size(); ++n) arm(n);
}

bool run_guarded(void (*body)(void*), void* context, Fault& fault) noexcept {
  give_handler_stack();
  Guard guard{};
  guard.sanitizer_fiber = current_fiber();
  Guard* const outer = innermost;
  if (sigsetjmp(guard.back, 0) == 0) {
    innermost = &guard;
    body(context);
    innermost = outer;
    return true;
  }
  innermost = outer;
  fault = guard.fault;
  if (fault.signal != 0) ::pthread_sigmask(SIG_SETMASK, &guard.mask, nullptr);
  return false;
}

void leave_guarded(Fault fault) noexcept {
  Guard* guard = innermost;
  if (guard == nullptr) std::abort();  // a bug of ours: there is nothing to go back to
  guard->fault = fault;
  become_fiber(guard->sanitizer_fiber);
  siglongjmp(guard->back, 1);
}

}  // namespace vgpu::exec
