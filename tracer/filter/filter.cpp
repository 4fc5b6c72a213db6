#include "tracer/filter/filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

#include "tracer/sys/errors.h"
#include "tracer/syscalls/table.h"
#include "tracer/trace/watched_calls.h"

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

// It would open files where no filter sees them; programs fall back to plain calls on ENOSYS. The
// numbers are those of i386 as well.
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

class Program {
 public:
  explicit Program(Stop stop) : stop_(static_cast<std::uint32_t>(stop)) {}

  void add(sock_filter line) { lines_.push_back(line); }
  void append(const Program& other) {
    lines_.insert(lines_.end(), other.lines_.begin(), other.lines_.end());
  }
  void answer_if(int number, std::uint32_t action) {
    add(jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 1));
    add(answer(action));
  }
  void add_row(const SyscallDef& def);
  void add_fstat_rows(const SyscallDef& def, std::uint32_t distance);
  void add_clone_rows(Abi abi);
  void add_watched_row(const SyscallDef& def);
  std::vector<sock_filter> take() { return std::move(lines_); }
  std::uint8_t size() const { return static_cast<std::uint8_t>(lines_.size()); }

 private:
  std::uint32_t stop_;
  std::vector<sock_filter> lines_;
};

// Jumps are counted from the next line.
void Program::add_row(const SyscallDef& def) {
  const auto number = static_cast<std::uint32_t>(def.number);
  if (def.operation == Operation::stat_descriptor) {
    add(jump(BPF_JEQ, number, 0, 4));
    add(load(arg_offset(def.index_of(Arg::fd))));
    add(jump(BPF_JGE, kFirstMarkedFd, 1, 0));
    add(answer(SECCOMP_RET_ALLOW));
    add(answer(stop_));
    return;
  }
  if (def.operation == Operation::install_filter) {
    add(jump(BPF_JEQ, number, 0, 4));
    add(load(arg_offset(def.index_of(Arg::option))));
    add(jump(BPF_JEQ, static_cast<std::uint32_t>(def.implied_flags), 1, 0));
    add(answer(SECCOMP_RET_ALLOW));
    add(answer(stop_));
    return;
  }
  answer_if(def.number, stop_);
}

// fstat(fd) comes as stat(fd, "", AT_EMPTY_PATH) from the C libraries of some years: a quarter of
// all file calls of their programs, and there is no path in them.
void Program::add_fstat_rows(const SyscallDef& def, std::uint32_t distance) {
  add(jump(BPF_JEQ, static_cast<std::uint32_t>(def.number), 0, 11));
  add(load(arg_offset(def.index_of(Arg::at_flags))));
  add(jump(BPF_JEQ, AT_EMPTY_PATH, 0, 8));
  add(load(arg_offset(def.index_of(Arg::dirfd))));
  add(jump(BPF_JGE, kFirstMarkedFd, 6, 0));  // AT_FDCWD, unsigned, is a large number too
  add(load(offsetof(seccomp_data, instruction_pointer)));
  add(BPF_STMT(BPF_MISC | BPF_TAX, 0));
  add(load(arg_offset(def.index_of(Arg::path))));
  add(BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0));
  add(jump(BPF_JEQ, distance, 0, 1));
  add(answer(SECCOMP_RET_ALLOW));
  add(answer(stop_));
}

// A child that its tracer is not told of would have nobody to answer its calls. clone3's flags are
// in memory.
void Program::add_clone_rows(Abi abi) {
  constexpr std::uint32_t kClone32 = 120;  // Source: arch/x86/entry/syscalls/syscall_32.tbl.
  answer_if(SYS_clone3, stop_);            // one number by either gate
  add(jump(BPF_JEQ, abi == Abi::i386 ? kClone32 : SYS_clone, 0, 4));
  add(load(arg_offset(0)));
  add(jump(BPF_JSET, CLONE_UNTRACED, 1, 0));
  add(answer(SECCOMP_RET_ALLOW));
  add(answer(stop_));
}

// Of mappings only those of code, which every library has one of; of signals only the one whose
// receiver is not asked.
void Program::add_watched_row(const SyscallDef& def) {
  if (def.operation == Operation::watch_file) return answer_if(def.number, stop_);
  const bool maps = def.operation == Operation::watch_map;
  add(jump(BPF_JEQ, static_cast<std::uint32_t>(def.number), 0, 4));
  add(load(arg_offset(def.index_of(Arg::mask))));
  add(jump(maps ? BPF_JSET : BPF_JEQ, maps ? PROT_EXEC : SIGKILL, 1, 0));
  add(answer(SECCOMP_RET_ALLOW));
  add(answer(stop_));
}

Program rows_of(Abi abi, Stop stop, Watched watch, std::optional<std::uint32_t> fstat_distance) {
  Program program(stop);
  program.add(load(offsetof(seccomp_data, nr)));
  program.answer_if(static_cast<int>(kNoCall), SECCOMP_RET_ALLOW);
  if (abi == Abi::x86_64) {
    program.add(jump(BPF_JGE, kX32Bit, 0, 1));
    program.add(answer(kNotSupported));
  }
  for (const int number : kIoUring) program.answer_if(number, kNotSupported);
  for (const SyscallDef& def : syscalls(abi)) {
    if (abi == Abi::x86_64 && def.number == SYS_newfstatat && fstat_distance)
      program.add_fstat_rows(def, *fstat_distance);
    else
      program.add_row(def);
  }
  if (stop == Stop::trace) program.add_clone_rows(abi);
  if (watch != Watched::nothing && abi == Abi::x86_64)
    for (const SyscallDef& def : watched_calls())
      if (watch == Watched::files || def.operation != Operation::watch_file)
        program.add_watched_row(def);
  program.add(answer(SECCOMP_RET_ALLOW));
  return program;
}

}  // namespace

std::vector<sock_filter> make_filter(Stop stop, Watched watch,
                                     std::optional<std::uint32_t> fstat_distance) {
  const Program rows32 = rows_of(Abi::i386, stop, watch, {});
  Program program(stop);
  program.add(load(offsetof(seccomp_data, arch)));
  program.add(jump(BPF_JEQ, AUDIT_ARCH_I386, 0, rows32.size()));
  program.append(rows32);
  program.add(jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
  program.add(answer(SECCOMP_RET_ALLOW));
  program.append(rows_of(Abi::x86_64, stop, watch, fstat_distance));
  return program.take();
}

namespace {

// The kernel's answer, with new privileges given up where it asks for that.
long install(std::span<const sock_filter> program, unsigned long flags) {
  // The kernel does not write to it, but its type lacks the const.
  const sock_fprog prog{static_cast<unsigned short>(program.size()),
                        const_cast<sock_filter*>(program.data())};
  const auto ask = [&] { return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog); };
  const long fd = ask();
  if (fd >= 0 || errno != EACCES) return fd;  // EACCES: no CAP_SYS_ADMIN
  check_sys(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges");
  return ask();
}

// EACCES and EPERM are no answers of the kernel's own to who has given up new privileges.
long check_installed(long result) {
  if (result < 0 && (errno == EPERM || errno == EACCES))
    throw fmt::system_error(errno, "install the seccomp filter ({})", kForbiddenByFilter);
  // Another vgpu-run's answer, with its engine notify, to a filter that asks a tracer.
  if (result < 0 && errno == EINVAL)
    throw fmt::system_error(errno, "install the seccomp filter (inside another vgpu-run: {})",
                            "give that one --engine=ptrace");
  return check_sys(result, "install the seccomp filter");
}

}  // namespace

UniqueFd install_filter(std::span<const sock_filter> program) {
  const unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  long fd = install(program, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  if (fd < 0 && errno == EINVAL) fd = install(program, flags);  // Linux before 5.19
  // A listener is born close-on-exec. Source: seccomp(2).
  return UniqueFd(static_cast<int>(check_installed(fd)));
}

void install_traced_filter(std::span<const sock_filter> program) {
  check_installed(install(program, SECCOMP_FILTER_FLAG_SPEC_ALLOW));
}

}  // namespace vgpu::tracer
