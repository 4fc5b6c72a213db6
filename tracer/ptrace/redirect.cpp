#include "tracer/ptrace/redirect.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "tracer/ptrace/held_thread.h"

namespace vgpu::tracer {
namespace {

// Gives the guest `fd` and takes hold of the thread. Returns the descriptor's number there, or -1
// when the call has been answered for good.
int lend_and_stop(Listener& listener, const Call& call, HeldThread& thread, int fd, bool cloexec) {
  const int number = thread ? listener.lend(call, fd, cloexec) : -EACCES;
  const bool stops = thread && thread.interrupt();
  // It stops before it sees this answer, which is the right one if it cannot be changed any more.
  listener.answer(call, Fail{number < 0 ? -number : EACCES});
  return stops && thread.stop() ? number : -1;
}

}  // namespace

void enter_directory(Listener& listener, const Call& call, const EnterDirectory& reply) {
  HeldThread thread(call.tid);
  const int number = lend_and_stop(listener, call, thread, reply.fd.get(), true);
  if (number < 0) return;
  std::int64_t result = -EACCES;
  std::int64_t closed = 0;
  const auto fd = static_cast<std::uint64_t>(number);
  if (!thread.run(SYS_fchdir, fd, result) || !thread.run(SYS_close, fd, closed)) return;
  thread.restore(result);
}

void execute(Listener& listener, const Call& call, const Execute& reply) {
  HeldThread thread(call.tid);
  const int number = lend_and_stop(listener, call, thread, reply.fd.get(), reply.cloexec);
  if (number < 0) return;
  const bool at = call.has(Arg::dirfd);
  user_regs_struct registers = thread.registers();
  registers.rax = SYS_execveat;
  registers.rdi = static_cast<std::uint64_t>(number);
  registers.rsi = static_cast<std::uint64_t>(reply.empty_string);
  registers.rdx = call.args[at ? 2 : 1];
  registers.r10 = call.args[at ? 3 : 2];
  registers.r8 = AT_EMPTY_PATH;
  thread.replace_call(registers);
}

}  // namespace vgpu::tracer
