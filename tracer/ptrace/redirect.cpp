#include "tracer/ptrace/redirect.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "tracer/filter/filter.h"
#include "tracer/ptrace/hand_over.h"
#include "tracer/ptrace/held_thread.h"

namespace vgpu::tracer {
namespace {

// Source: arch/x86/entry/syscalls/syscall_32.tbl.
constexpr int kClose32 = 6;
constexpr int kLseek32 = 19;
constexpr int kFchdir32 = 133;
constexpr int kExecveat32 = 358;

// Gives the guest `fd` and takes hold of the thread. Returns the descriptor's number there, or -1
// when the call has been answered for good.
int lend_and_stop(Listener& listener, const Call& call, HeldThread& thread, int fd, bool cloexec) {
  const int number = thread ? listener.lend(call, fd, cloexec) : -EACCES;
  const bool stops = thread && thread.interrupt();
  // It stops before it sees this answer, which is the right one if it cannot be changed any more.
  listener.answer(call, Fail{number < 0 ? -number : EACCES});
  return stops && thread.stop() ? number : -1;
}

// The same for a thread that is ours.
int skip_and_give(HeldThread& thread, int fd, bool cloexec, int lowest) {
  if (!thread.skip_call()) return -ESRCH;
  const int number = hand_over(thread, fd, cloexec, lowest);
  if (number < 0) thread.restore(number);
  return number;
}

void change_directory(HeldThread& thread, int number) {
  std::int64_t result = -EACCES;
  std::int64_t closed = 0;
  const auto fd = static_cast<std::uint64_t>(number);
  if (!thread.run({SYS_fchdir, kFchdir32, {fd}}, result) ||
      !thread.run({SYS_close, kClose32, {fd}}, closed))
    return;
  thread.restore(result);
}

// What is returned to the guest, as far as it lives.
std::int64_t seek_and_return(HeldThread& thread, const ReturnAndSeek& reply) {
  std::int64_t place = 0;
  const auto fd = static_cast<std::uint64_t>(reply.fd);
  const auto offset = static_cast<std::uint64_t>(reply.offset);
  if (!thread.run({SYS_lseek, kLseek32, {fd, offset, SEEK_SET}}, place)) return -ESRCH;
  const std::int64_t result = place < 0 ? place : reply.value;
  thread.restore(result);
  return result;
}

void replace_by_execveat(HeldThread& thread, const Call& call, const Execute& reply, int number) {
  const bool at = call.has(Arg::dirfd);
  thread.replace_call(
      {SYS_execveat,
       kExecveat32,
       {static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(reply.empty_string),
        call.args[at ? 2 : 1], call.args[at ? 3 : 2], AT_EMPTY_PATH}});
}

}  // namespace

void enter_directory(Listener& listener, const Call& call, const EnterDirectory& reply) {
  HeldThread thread(call);
  const int number = lend_and_stop(listener, call, thread, reply.fd.get(), true);
  if (number >= 0) change_directory(thread, number);
}

void execute(Listener& listener, const Call& call, const Execute& reply) {
  HeldThread thread(call);
  const int number = lend_and_stop(listener, call, thread, reply.fd.get(), reply.cloexec);
  if (number >= 0) replace_by_execveat(thread, call, reply, number);
}

std::int64_t seek(Listener& listener, const Call& call, const ReturnAndSeek& reply) {
  HeldThread thread(call);
  const bool stops = thread && thread.interrupt();
  listener.answer(call, Fail{EACCES});
  return stops && thread.stop() ? seek_and_return(thread, reply) : -EACCES;
}

std::int64_t seek(const Call& call, const ReturnAndSeek& reply) {
  HeldThread thread(call, HeldThread::Ours{});
  return thread.skip_call() ? seek_and_return(thread, reply) : -ESRCH;
}

std::optional<int> give_descriptor(const Call& call, const GiveFd& reply) {
  HeldThread thread(call, HeldThread::Ours{});
  const int lowest = reply.marked ? kFirstMarkedFd : 0;
  const int number = skip_and_give(thread, reply.fd.get(), reply.cloexec, lowest);
  if (number >= 0) thread.restore(number);
  return number == -ESRCH ? std::nullopt : std::optional<int>(number);
}

void enter_directory(const Call& call, const EnterDirectory& reply) {
  HeldThread thread(call, HeldThread::Ours{});
  const int number = skip_and_give(thread, reply.fd.get(), true, 0);
  if (number >= 0) change_directory(thread, number);
}

void execute(const Call& call, const Execute& reply) {
  HeldThread thread(call, HeldThread::Ours{});
  const int number = skip_and_give(thread, reply.fd.get(), reply.cloexec, 0);
  if (number >= 0) replace_by_execveat(thread, call, reply, number);
}

}  // namespace vgpu::tracer
