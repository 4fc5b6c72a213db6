#include "tracer/filter/filter.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <system_error>

#include "tests/unit/tracer/guest.h"
#include "tracer/syscalls/table.h"

namespace vgpu::tracer {
namespace {

// Runs the program as the kernel would; only the instructions that make_filter() uses.
std::uint32_t verdict(const seccomp_data& data) {
  const auto program = make_filter();
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& line = program[at];
    bool holds = false;
    switch (line.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&value, reinterpret_cast<const char*>(&data) + line.k, sizeof value);
        continue;
      case BPF_RET | BPF_K:
        return line.k;
      case BPF_JMP | BPF_JEQ | BPF_K:
        holds = value == line.k;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        holds = value >= line.k;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        holds = (value & line.k) != 0;
        break;
      default:
        throw std::logic_error("unknown instruction");
    }
    at += holds ? line.jt : line.jf;
  }
  throw std::logic_error("the filter has no end");
}

seccomp_data call(int number, std::uint32_t arch = AUDIT_ARCH_X86_64) {
  seccomp_data data{};
  data.nr = number;
  data.arch = arch;
  return data;
}

constexpr std::uint32_t kNotThere = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(ENOSYS);

TEST_CASE("make_filter: calls with a row notify, all others pass") {
  for (int number = 0; number < 600; ++number) {
    if (number >= SYS_io_uring_setup && number <= SYS_io_uring_register) continue;
    CAPTURE(number);
    for (const Abi abi : {Abi::x86_64, Abi::i386}) {
      const SyscallDef* row = find_syscall(number, abi);
      const bool stops = row != nullptr && row->operation != Operation::stat_descriptor &&
                         row->operation != Operation::install_filter;
      CHECK(verdict(call(number, abi == Abi::i386 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64)) ==
            (stops ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW));
    }
  }
}

TEST_CASE("make_filter: io_uring and x32 do not exist, a skipped call and other machines pass") {
  CHECK(verdict(call(SYS_io_uring_setup)) == kNotThere);
  CHECK(verdict(call(SYS_io_uring_enter)) == kNotThere);
  CHECK(verdict(call(SYS_io_uring_register)) == kNotThere);
  CHECK(verdict(call(SYS_open | 0x40000000)) == kNotThere);
  CHECK(verdict(call(SYS_getpid | 0x40000000)) == kNotThere);
  CHECK(verdict(call(-1)) == SECCOMP_RET_ALLOW);
  CHECK(verdict(call(SYS_io_uring_setup, AUDIT_ARCH_I386)) == kNotThere);
  CHECK(verdict(call(SYS_open, AUDIT_ARCH_AARCH64)) == SECCOMP_RET_ALLOW);
}

TEST_CASE("make_filter: fstat stops only if the descriptor is a marked one") {
  for (const std::uint64_t fd : {std::uint64_t{3}, std::uint64_t{kFirstMarkedFd}}) {
    seccomp_data data = call(SYS_fstat);
    data.args[0] = fd;
    CHECK(verdict(data) == (fd < kFirstMarkedFd ? SECCOMP_RET_ALLOW : SECCOMP_RET_USER_NOTIF));
  }
}

TEST_CASE("make_filter: prctl and seccomp stop only to install a filter") {
  seccomp_data data = call(SYS_prctl);
  data.args[0] = PR_SET_NAME;
  CHECK(verdict(data) == SECCOMP_RET_ALLOW);
  data.args[0] = PR_SET_SECCOMP;
  CHECK(verdict(data) == SECCOMP_RET_USER_NOTIF);
  data = call(SYS_seccomp);
  data.args[0] = SECCOMP_GET_ACTION_AVAIL;
  CHECK(verdict(data) == SECCOMP_RET_ALLOW);
  data.args[0] = SECCOMP_SET_MODE_FILTER;
  CHECK(verdict(data) == SECCOMP_RET_USER_NOTIF);
}

TEST_CASE("make_filter: AT_EMPTY_PATH does not hide a path that may be there") {
  for (const std::uint64_t fd :
       {std::uint64_t{3}, std::uint64_t{static_cast<std::uint32_t>(AT_FDCWD)}})
    for (const int more : {0, AT_SYMLINK_NOFOLLOW}) {
      seccomp_data data = call(SYS_newfstatat);
      data.args[0] = fd;
      data.args[3] = static_cast<std::uint64_t>(AT_EMPTY_PATH | more);
      CHECK(verdict(data) == SECCOMP_RET_USER_NOTIF);
      data = call(SYS_statx);
      data.args[0] = fd;
      data.args[2] = static_cast<std::uint64_t>(AT_EMPTY_PATH | more);
      CHECK(verdict(data) == SECCOMP_RET_USER_NOTIF);
    }
}

TEST_CASE("install_filter: a guest's own listener gets the kernel's EBUSY where we have one") {
  testing::check_guest([] {
    int error = 0;
    try {
      install_filter(make_filter());
    } catch (const std::system_error& failed) {
      error = failed.code().value();
    }
    EXPECT(error == (testing::is_ptrace() ? 0 : EBUSY));
  });
}

TEST_CASE("install_filter: root keeps its setuid programs, others give up new privileges") {
  testing::check_guest(
      [] { EXPECT(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == (::geteuid() == 0 ? 0 : 1)); });
}

}  // namespace
}  // namespace vgpu::tracer
