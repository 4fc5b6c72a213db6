#include "tracer/ptrace/tracing.h"

#include <linux/audit.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>

#include "tracer/filter/filter.h"
#include "tracer/ptrace/redirect.h"
#include "tracer/sys/errors.h"
#include "tracer/syscalls/guest_memory.h"
#include "tracer/trace/observer.h"
#include "tracer/trace/watched_calls.h"

namespace vgpu::tracer {
namespace {

constexpr long kOptions = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD |
                          PTRACE_O_EXITKILL;
// With a trace, the next stop of a thread comes within microseconds, and to sleep until then would
// cost more. Others want to be heard too, so not for ever.
constexpr int kLooks = 40;
constexpr int kMostChanges = 10000;
constexpr int kStops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
constexpr std::uint64_t kNoCall = ~std::uint64_t{0};

void* as_data(std::uint64_t value) noexcept {
  return reinterpret_cast<void*>(value);  // NOLINT(performance-no-int-to-ptr)
}

// False, with ESRCH, if the thread was killed: its end is reported to us by itself.
bool ask(int request, pid_t tid, std::uint64_t data = 0) noexcept {
  return ::ptrace(static_cast<__ptrace_request>(request), tid, nullptr, as_data(data)) != -1;
}

void go_on(pid_t tid, int signal = 0) noexcept {
  ask(PTRACE_CONT, tid, static_cast<std::uint64_t>(signal));
}

// The call is not run; the thread sees `result`.
void skip_call(pid_t tid, std::int64_t result) noexcept {
  user_regs_struct registers{};
  if (!ask(PTRACE_GETREGS, tid, reinterpret_cast<std::uintptr_t>(&registers))) return;
  registers.orig_rax = kNoCall;
  registers.rax = static_cast<std::uint64_t>(result);
  ask(PTRACE_SETREGS, tid, reinterpret_cast<std::uintptr_t>(&registers));
  go_on(tid);
}

// A child made with CLONE_UNTRACED would live under our filter without us: each of its calls would
// be ENOSYS.
void forbid_untraced(pid_t tid, std::uint64_t number, Abi abi) noexcept {
  user_regs_struct registers{};
  if (!ask(PTRACE_GETREGS, tid, reinterpret_cast<std::uintptr_t>(&registers))) return;
  auto& first = abi == Abi::i386 ? registers.rbx : registers.rdi;
  if (number != SYS_clone3) {  // one number by either gate
    first &= ~std::uint64_t{CLONE_UNTRACED};
    ask(PTRACE_SETREGS, tid, reinterpret_cast<std::uintptr_t>(&registers));
    return;
  }
  std::uint64_t flags = 0;  // first of struct clone_args
  if (!read_memory(tid, GuestPtr{first}, std::as_writable_bytes(std::span(&flags, 1))) ||
      (flags & CLONE_UNTRACED) == 0)
    return;
  flags &= ~std::uint64_t{CLONE_UNTRACED};
  write_memory(tid, GuestPtr{first}, std::as_bytes(std::span(&flags, 1)));
}

UniqueFd open_child_signals() {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, SIGCHLD);
  return UniqueFd(check_sys(::signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

}  // namespace

Tracing::Tracing(pid_t program, Changed changed)
    : program_(program), changed_(std::move(changed)), child_signals_(open_child_signals()) {
  check_sys(ask(PTRACE_SEIZE, program, kOptions) ? 0 : -1,
            "trace the program (kernel.yama.ptrace_scope is 3, or {})", kForbiddenByFilter);
}

bool Tracing::is_alone() const noexcept {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) != 0 && errno == ECHILD;
}

bool Tracing::serve(short, const std::function<void(const Call&)>& handle) {
  signalfd_siginfo signals;
  while (::read(child_signals_.get(), &signals, sizeof signals) > 0) continue;
  int looks = 0;
  for (int changes = 0; changes < kMostChanges; ++changes) {
    int status = 0;
    const pid_t tid = ::waitpid(-1, &status, __WALL | WNOHANG);
    if (tid == 0 && (observer_ == nullptr || (looks++ > kLooks && !awaits_birth()))) return true;
    if (tid == 0) {
      ::sched_yield();
      continue;
    }
    looks = 0;
    if (tid > 0)
      on_change(tid, status, handle);
    else if (errno == ECHILD)
      return false;
    else if (errno != EINTR)
      throw fmt::system_error(errno, "wait for the guests");
  }
  static_cast<void>(::raise(SIGCHLD));  // there may be more, whose signal has been read
  return true;
}

void Tracing::report(int code, int status) const {
  siginfo_t info{};
  info.si_pid = program_;
  info.si_code = code;
  info.si_status = status;
  changed_(info);
}

void Tracing::on_change(pid_t tid, int status, const std::function<void(const Call&)>& handle) {
  ++stops_;
  if (WIFEXITED(status) || WIFSIGNALED(status)) {
    if (observer_ != nullptr) on_end(tid, status);
    if (tid != program_) return;
    return WIFEXITED(status)
               ? report(CLD_EXITED, WEXITSTATUS(status))
               : report(WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED, WTERMSIG(status));
  }
  constexpr int kEventShift = 16;
  const int event = status >> kEventShift;
  const int signal = WSTOPSIG(status);
  if (event == PTRACE_EVENT_SECCOMP) return on_call(tid, handle);
  if (observer_ != nullptr && observe(tid, event, signal)) return;
  if (event == PTRACE_EVENT_STOP) return on_group_stop(tid, signal);
  // Other events, and the stop of a call that we have given up on, carry no signal of the guest's.
  go_on(tid, event != 0 || signal == (SIGTRAP | 0x80) ? 0 : signal);
}

// A group stop, or the end of one; a new thread begins with such a stop too. Source: ptrace(2).
void Tracing::on_group_stop(pid_t tid, int signal) {
  const bool stops = std::ranges::find(kStops, signal) != std::end(kStops);
  if (tid == program_ && stops != program_is_stopped_) {
    program_is_stopped_ = stops;
    report(stops ? CLD_STOPPED : CLD_CONTINUED, stops ? signal : SIGCONT);
  }
  // Only now: who sees it run can have heard of it.
  if (stops)
    ask(PTRACE_LISTEN, tid);
  else
    go_on(tid);
}

void Tracing::on_call(pid_t tid, const std::function<void(const Call&)>& handle) {
  __ptrace_syscall_info info{};
  const long size = ::ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), tid,
                             as_data(sizeof info), &info);
  if (size <= 0 || info.op != PTRACE_SYSCALL_INFO_SECCOMP) return go_on(tid);
  const Abi abi = info.arch == AUDIT_ARCH_I386 ? Abi::i386 : Abi::x86_64;
  const auto number = info.seccomp.nr;
  Call call{0, tid, find_syscall(static_cast<int>(number), abi), abi, {}};
  std::ranges::copy(info.seccomp.args, call.args.begin());
  if (call.def != nullptr) return handle(call);
  if (observer_ != nullptr && abi == Abi::x86_64) {
    call.def = find_watched(static_cast<int>(number));
    if (call.def != nullptr) {
      observer_->begins(call, Pass{});
      return pass(tid);
    }
  }
  forbid_untraced(tid, number, abi);
  go_on(tid);
}

std::optional<std::int64_t> Tracing::answer(const Call& call, const Reply& reply) {
  if (std::holds_alternative<Pass>(reply)) {
    pass(call.tid);
    return std::nullopt;
  }
  if (const auto* fail = std::get_if<Fail>(&reply)) {
    skip_call(call.tid, -fail->error);
    return -fail->error;
  }
  if (const auto* value = std::get_if<Return>(&reply)) {
    skip_call(call.tid, value->value);
    return value->value;
  }
  if (const auto* give = std::get_if<GiveFd>(&reply)) return give_descriptor(call, *give);
  if (const auto* moved = std::get_if<ReturnAndSeek>(&reply)) return seek(call, *moved);
  if (const auto* enter = std::get_if<EnterDirectory>(&reply))
    enter_directory(call, *enter);
  else
    execute(call, std::get<Execute>(reply));
  return std::nullopt;
}

}  // namespace vgpu::tracer
