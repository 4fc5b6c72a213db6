#include "tracer/syscalls/table.h"

#include <doctest/doctest.h>
#include <seccomp.h>
#include <sys/syscall.h>

namespace vgpu::tracer {
namespace {

TEST_CASE("syscall table: every row agrees with libseccomp") {
  for (const SyscallDef& def : syscalls()) {
    CAPTURE(def.name);
    CHECK(seccomp_syscall_resolve_name(def.name.data()) == def.number);
  }
  for (const SyscallDef& def : syscalls(Abi::i386)) {
    CAPTURE(def.name);
    CHECK(seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, def.name.data()) == def.number);
  }
}

TEST_CASE("syscall table: every row can be found by what is unknown about it") {
  for (const SyscallDef& def : syscalls()) {
    CAPTURE(def.name);
    CHECK(find_syscall(def.number) == &def);
    CHECK((def.index_of(Arg::path) >= 0 || def.index_of(Arg::fd) >= 0 ||
           def.operation == Operation::get_directory || def.operation == Operation::change_root ||
           def.index_of(Arg::filter) >= 0));
    const int dirfd = def.index_of(Arg::dirfd);
    if (dirfd >= 0) CHECK(def.name.find("at") != std::string_view::npos);
  }
}

TEST_CASE(
    "syscall table: a call of 32-bit programs means what the same call of 64-bit programs means") {
  for (const SyscallDef& def : syscalls(Abi::i386)) {
    CAPTURE(def.name);
    const SyscallDef* twin = find_syscall(seccomp_syscall_resolve_name(def.name.data()));
    if (twin == nullptr) continue;  // stat64 and its like
    CHECK(twin->operation == def.operation);
    CHECK(twin->args == def.args);
    CHECK(twin->implied_flags == def.implied_flags);
  }
}

TEST_CASE("find_syscall: unknown numbers have no row") {
  CHECK(find_syscall(SYS_openat)->name == "openat");
  CHECK(find_syscall(-1) == nullptr);
  CHECK(find_syscall(SYS_getpid) == nullptr);
  CHECK(find_syscall(1 << 30) == nullptr);
}

}  // namespace
}  // namespace vgpu::tracer
