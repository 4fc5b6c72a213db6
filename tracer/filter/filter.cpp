#include "tracer/filter/filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include "tracer/sys/errors.h"
#include "tracer/syscalls/table.h"

// Newer than the headers of Debian 12. Source: linux/seccomp.h, Linux 5.19.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace vgpu::tracer {
namespace {

// By hand, not by libseccomp: 2.5 cannot say "x32 does not exist", nor the flags that we need.
constexpr std::uint32_t kX32Bit = 0x40000000;
constexpr std::uint32_t kNoCall = 0xffffffff;  // how a ptrace tracer skips a call
constexpr std::uint32_t kNotSupported =
    SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(ENOSYS) & SECCOMP_RET_DATA);

// It would open files where no filter sees them; programs fall back to plain calls on ENOSYS.
constexpr int kIoUring[] = {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register};

constexpr std::uint32_t arg_offset(int index) {
  // The low half, since x86-64 is little-endian.
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    static_cast<std::size_t>(index) * sizeof(std::uint64_t));
}

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter answer(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
sock_filter jump(int kind, std::uint32_t value, std::uint8_t if_true, std::uint8_t if_false) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | kind | BPF_K), value, if_true, if_false);
}

// fstat(fd) comes as stat(fd, "", AT_EMPTY_PATH) from current C libraries: a quarter of all file
// calls, and there is no path in them.
bool may_have_empty_path(const SyscallDef& def) {
  return (def.operation == Operation::stat || def.operation == Operation::statx) &&
         def.index_of(Arg::at_flags) >= 0;
}

}  // namespace

std::vector<sock_filter> make_filter() {
  std::vector<sock_filter> program;
  const auto add = [&](sock_filter line) { program.push_back(line); };
  const auto answer_if = [&](int number, std::uint32_t action) {
    add(jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 1));
    add(answer(action));
  };
  add(load(offsetof(seccomp_data, arch)));
  add(jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
  add(answer(SECCOMP_RET_ALLOW));
  add(load(offsetof(seccomp_data, nr)));
  add(jump(BPF_JEQ, kNoCall, 0, 1));
  add(answer(SECCOMP_RET_ALLOW));
  add(jump(BPF_JGE, kX32Bit, 0, 1));
  add(answer(kNotSupported));
  for (const int number : kIoUring) answer_if(number, kNotSupported);
  for (const SyscallDef& def : syscalls()) {
    if (!may_have_empty_path(def)) {
      answer_if(def.number, SECCOMP_RET_USER_NOTIF);
      continue;
    }
    add(jump(BPF_JEQ, static_cast<std::uint32_t>(def.number), 0, 4));
    add(load(arg_offset(def.index_of(Arg::at_flags))));
    add(jump(BPF_JSET, AT_EMPTY_PATH, 0, 1));
    add(answer(SECCOMP_RET_ALLOW));
    add(answer(SECCOMP_RET_USER_NOTIF));
  }
  add(answer(SECCOMP_RET_ALLOW));
  return program;
}

UniqueFd install_filter(std::span<const sock_filter> program) {
  // The kernel does not write to it, but its type lacks the const.
  const sock_fprog prog{static_cast<unsigned short>(program.size()),
                        const_cast<sock_filter*>(program.data())};
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW |
                        SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  const auto install = [&] {
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
  };
  long fd = install();
  if (fd < 0 && errno == EACCES) {  // no CAP_SYS_ADMIN
    check_sys(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges");
    fd = install();
  }
  if (fd < 0 && errno == EINVAL) {  // Linux before 5.19
    flags &= ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    fd = install();
  }
  // A listener is born close-on-exec. Source: seccomp(2).
  return UniqueFd(static_cast<int>(check_sys(fd, "install the seccomp filter")));
}

}  // namespace vgpu::tracer
