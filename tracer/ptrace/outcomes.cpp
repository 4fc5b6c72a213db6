// What a trace wants to know besides, and only then: births, ends, and how the kernel answers.
#include <sys/ptrace.h>

#include <csignal>
#include <optional>

#include "tracer/ptrace/tracing.h"
#include "tracer/syscalls/guest_status.h"
#include "tracer/trace/observer.h"

namespace vgpu::tracer {
namespace {

constexpr int kSyscallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD, ptrace(2)

constexpr std::int64_t kBirth = 200000000;  // nanoseconds

bool resume(int request, pid_t tid, int signal = 0) noexcept {
  return ::ptrace(static_cast<__ptrace_request>(request), tid, nullptr,
                  static_cast<long>(signal)) != -1;
}

pid_t message_of(pid_t tid) noexcept {
  unsigned long message = 0;
  if (::ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &message) == -1) return 0;
  return static_cast<pid_t>(message);
}

std::string_view how_of(int event) noexcept {
  if (event == PTRACE_EVENT_FORK) return "fork";
  if (event == PTRACE_EVENT_VFORK) return "vfork";
  if (event == PTRACE_EVENT_CLONE) return "clone";
  return {};
}

std::optional<std::int64_t> result_of(pid_t tid) noexcept {
  __ptrace_syscall_info info{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a size, where ptrace has a pointer
  void* const size = reinterpret_cast<void*>(sizeof info);
  if (::ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), tid, size, &info) <= 0 ||
      info.op != PTRACE_SYSCALL_INFO_EXIT)
    return std::nullopt;
  return info.exit.rval;
}

}  // namespace

// The thread's call is the kernel's to answer; it stops again after that if the answer is wanted.
void Tracing::pass(pid_t tid) {
  const bool wanted = observer_ != nullptr && observer_->is_waited_for(tid);
  resume(wanted ? PTRACE_SYSCALL : PTRACE_CONT, tid);
}

// True if the thread has been dealt with.
bool Tracing::observe(pid_t tid, int event, int signal) {
  if (event == PTRACE_EVENT_STOP) return holds_back(tid, signal);
  if (event == PTRACE_EVENT_EXEC) {
    observer_->executed(tid, message_of(tid));
  } else if (const auto how = how_of(event); !how.empty()) {
    on_birth(tid, how);
  } else if (event == 0 && signal == kSyscallStop) {
    if (const auto result = result_of(tid)) observer_->returned(tid, *result);
  } else if (event == 0) {
    siginfo_t info{};
    if (::ptrace(PTRACE_GETSIGINFO, tid, nullptr, &info) != -1)
      observer_->signalled(tid, signal, info.si_code <= 0 ? info.si_pid : 0);
  }
  return false;
}

// A new thread may stop before its parent has told us of it: what it does must come after that.
bool Tracing::holds_back(pid_t tid, int signal) {
  if (observer_->knows(tid)) return false;
  if (newborn_.empty()) held_since_ = monotonic_now();
  newborn_[tid] = signal;
  return true;
}

void Tracing::release(pid_t tid) {
  const auto found = newborn_.find(tid);
  if (found == newborn_.end()) return;
  const int signal = found->second;
  newborn_.erase(found);
  on_group_stop(tid, signal);
}

void Tracing::on_birth(pid_t parent, std::string_view how) {
  const pid_t child = message_of(parent);
  if (child == 0 || observer_->knows(child)) return;
  observer_->made(parent, child, how);
  release(child);
}

void Tracing::on_end(pid_t tid, int status) {
  newborn_.erase(tid);
  observer_->ended(tid, status);
}

// Its parent tells us of a child at once, unless it was killed meanwhile, by a signal or by another
// thread's exec. False if nothing is to be waited for any more.
bool Tracing::awaits_birth() {
  if (newborn_.empty()) return false;
  if (monotonic_now() - held_since_ < kBirth) return true;
  while (!newborn_.empty()) {
    const pid_t child = newborn_.begin()->first;
    const auto status = read_guest_status(child);
    observer_->made(status ? status->parent : program_, child, "");
    release(child);
  }
  return false;
}

}  // namespace vgpu::tracer
