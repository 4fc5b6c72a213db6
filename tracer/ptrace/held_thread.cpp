#include "tracer/ptrace/held_thread.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "tracer/syscalls/guest_status.h"

namespace vgpu::tracer {
namespace {

constexpr std::uint64_t kSyscallInstruction = 0x050f;  // 0f 05
constexpr std::uint64_t kInt80Instruction = 0x80cd;    // cd 80
constexpr std::uint64_t kInstructionMask = 0xffff;
constexpr std::uint64_t kInstructionSize = 2;
constexpr std::uint64_t kNoRestart = ~std::uint64_t{0};  // orig_rax: not in a system call
constexpr int kSyscallStop = SIGTRAP | 0x80;             // PTRACE_O_TRACESYSGOOD, ptrace(2)
// When another thread's exec has taken over the tid of a held leader, what bears the tid is a child
// that we do not trace: to wait for it would last as long as the program. So not __WALL; and we
// look again and again, since the kernel wakes nobody who waits. Source: eligible_child() and
// child_wait_callback() in Linux's kernel/exit.c, de_thread() in fs/exec.c.
constexpr int kTracedOnly = __WCLONE;
constexpr long kFirstNap = 1000;  // nanoseconds
constexpr long kLongestNap = 1000000;
constexpr int kLastSignal = 64;
constexpr int kEventShift = 8;  // of a ptrace event in si_status
constexpr std::uint64_t kAllSignals = ~std::uint64_t{0};

void* as_data(std::uint64_t value) noexcept {
  return reinterpret_cast<void*>(value);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

HeldThread::HeldThread(const Call& call) : tid_(call.tid), abi_(call.abi) {
  held_ = ask(PTRACE_SEIZE, 0, as_data(PTRACE_O_TRACESYSGOOD));
}

HeldThread::HeldThread(const Call& call, Ours)
    : tid_(call.tid), abi_(call.abi), held_(true), stopped_(true), ours_(true) {}

bool HeldThread::interrupt() noexcept { return ask(PTRACE_INTERRUPT, 0, nullptr); }

HeldThread::~HeldThread() {
  // One that does not stop any more is let go by the kernel when we end. One that was killed while
  // it was stopped cannot be let go: its end must be waited for.
  while (stopped_ && !ask(ours_ ? PTRACE_CONT : PTRACE_DETACH, 0, as_data(signal_)))
    wait_for_stop();
}

bool HeldThread::ask(int request, std::uint64_t address, void* data) noexcept {
  if (lost_) return false;
  if (ours_ && stopped_ && is_replaced()) {
    lose();  // what has come instead is for whoever waits for all guests
    return false;
  }
  return ::ptrace(static_cast<__ptrace_request>(request), tid_, as_data(address), data) != -1;
}

// True if, while we believed it stopped, it was killed, or another thread's exec ended it and took
// its tid: a request would then reach a new program. Something is to be waited for in either case.
bool HeldThread::is_replaced() const noexcept {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(tid_), &info,
                  WEXITED | WSTOPPED | WNOWAIT | WNOHANG | kTracedOnly) != 0 ||
         info.si_pid != 0;
}

bool HeldThread::has_ended() const {
  const auto status = read_guest_status(tid_);
  return !status || status->ended;
}

bool HeldThread::wait_for_stop() {
  if (lost_) return false;  // to take its successor's stop would be to keep that for ever
  const auto id = static_cast<id_t>(tid_);
  for (timespec nap{0, kFirstNap};; nap.tv_nsec = std::min(2 * nap.tv_nsec, kLongestNap)) {
    siginfo_t info{};
    // Only looks: the end of our own child is for whoever waits for it.
    if (::waitid(P_PID, id, &info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | kTracedOnly) != 0) {
      stopped_ = false;  // ECHILD: it is gone, or is another's
      return false;
    }
    if (info.si_pid == 0) {
      // The end of a process's first thread shows only when all others have been waited for, which
      // is for whoever waits for all guests.
      if (ours_ && nap.tv_nsec == kLongestNap && has_ended()) {
        lose();
        return false;
      }
      ::nanosleep(&nap, nullptr);
      continue;
    }
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) break;
    info = {};
    stopped_ =
        ::waitid(P_PID, id, &info, WSTOPPED | WNOHANG | kTracedOnly) == 0 && info.si_pid != 0;
    if (!stopped_) continue;  // it was killed between the two looks
    status_ = info.si_status;
    // Another thread's exec has ended ours and has taken its tid: what stands here is a new
    // program.
    if (status_ >> kEventShift == PTRACE_EVENT_EXEC) {
      ask(PTRACE_CONT, 0, nullptr);
      lose();
      return false;
    }
    // Stopped to deliver a signal: no mask keeps out SIGSTOP, and any may come before ours is set.
    if (status_ <= kLastSignal) signal_ = static_cast<std::uint64_t>(status_);
    return true;
  }
  stopped_ = false;
  if (!ours_) reap_if_nobody_else_does();
  return false;
}

// A thread that ends while it is traced stays a zombie until its tracer has waited for it; its
// parent hears of it only then.
void HeldThread::reap_if_nobody_else_does() const {
  const auto status = read_guest_status(tid_);
  if (status && status->tgid == tid_ && status->parent == ::getpid()) return;
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(tid_), &info, WEXITED | WNOHANG | kTracedOnly);
}

bool HeldThread::stop() {
  if (!wait_for_stop() || !ask(PTRACE_GETREGS, 0, &registers_)) return false;
  errno = 0;
  const long code = ::ptrace(PTRACE_PEEKTEXT, tid_, as_data(registers_.rip - kInstructionSize), 0);
  if (errno != 0) return false;
  const auto expected = abi_ == Abi::i386 ? kInt80Instruction : kSyscallInstruction;
  if ((static_cast<std::uint64_t>(code) & kInstructionMask) != expected) return false;
  return ask(PTRACE_GETSIGMASK, sizeof signals_, &signals_);
}

// The thread is led back to the instruction that brought it here.
user_regs_struct HeldThread::registers_for(const OwnCall& call) const noexcept {
  user_regs_struct now = registers_;
  now.rip -= kInstructionSize;
  now.orig_rax = kNoRestart;
  const bool gate32 = abi_ == Abi::i386;
  now.rax = static_cast<std::uint64_t>(gate32 ? call.number32 : call.number);
  (gate32 ? now.rbx : now.rdi) = call.args[0];
  (gate32 ? now.rcx : now.rsi) = call.args[1];
  now.rdx = call.args[2];
  (gate32 ? now.rsi : now.r10) = call.args[3];
  (gate32 ? now.rdi : now.r8) = call.args[4];
  return now;
}

bool HeldThread::run(const OwnCall& call, std::int64_t& result) {
  user_regs_struct now = registers_for(call);
  if (!mask_signals() || !ask(PTRACE_SETREGS, 0, &now)) return false;
  if (!run_to_call_stop(2)) return false;  // before it and after it
  if (!ask(PTRACE_GETREGS, 0, &now)) return false;
  result = static_cast<std::int64_t>(now.rax);
  return true;
}

bool HeldThread::mask_signals() {
  std::uint64_t all = kAllSignals;  // no handler may run before its own call has returned
  return ask(PTRACE_SETSIGMASK, sizeof all, &all);
}

bool HeldThread::run_to_call_stop(int stops) {
  while (stops > 0) {
    if (!ask(PTRACE_SYSCALL, 0, nullptr) || !wait_for_stop()) return false;
    if (status_ == kSyscallStop) --stops;
  }
  return true;
}

bool HeldThread::skip_call() {
  user_regs_struct now{};
  if (!ask(PTRACE_GETREGS, 0, &now) || !ask(PTRACE_GETSIGMASK, sizeof signals_, &signals_) ||
      !mask_signals())
    return false;
  now.orig_rax = kNoRestart;  // -1 is no system call
  return ask(PTRACE_SETREGS, 0, &now) && run_to_call_stop(1) && ask(PTRACE_GETREGS, 0, &registers_);
}

void HeldThread::restore(std::int64_t result) {
  user_regs_struct now = registers_;
  now.rax = static_cast<std::uint64_t>(result);
  now.orig_rax = kNoRestart;
  ask(PTRACE_SETREGS, 0, &now);
  ask(PTRACE_SETSIGMASK, sizeof signals_, &signals_);
}

void HeldThread::replace_call(const OwnCall& call) {
  user_regs_struct now = registers_for(call);
  ask(PTRACE_SETREGS, 0, &now);
  ask(PTRACE_SETSIGMASK, sizeof signals_, &signals_);
}

}  // namespace vgpu::tracer
