#include "tracer/syscalls/table.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>

namespace vgpu::tracer {
namespace {

using enum Arg;

// Source: the SYSCALL_DEFINE lines of Linux's fs/, arch/x86/entry/syscalls/syscall_64.tbl.
constexpr SyscallDef kSyscalls[] = {
    {SYS_open, "open", Operation::open, {path, open_flags, mode}},
    {SYS_stat, "stat", Operation::stat, {path, result}},
    {SYS_fstat, "fstat", Operation::stat_descriptor, {fd, result}},
    {SYS_lstat, "lstat", Operation::stat, {path, result}, AT_SYMLINK_NOFOLLOW},
    {SYS_access, "access", Operation::access, {path, access_mode}},
    {SYS_execve, "execve", Operation::execute, {path, arguments, arguments}},
    {SYS_getdents, "getdents", Operation::list_old, {fd, result, size}},
    {SYS_getcwd, "getcwd", Operation::get_directory, {result, size}},
    {SYS_chdir, "chdir", Operation::change_directory, {path}},
    {SYS_creat, "creat", Operation::open, {path, mode}, O_CREAT | O_WRONLY | O_TRUNC},
    {SYS_readlink, "readlink", Operation::read_link, {path, result, size}},
    {SYS_statfs, "statfs", Operation::stat_fs, {path, result}},
    {SYS_pivot_root, "pivot_root", Operation::change_root, {}},
    {SYS_prctl, "prctl", Operation::install_filter, {option, mask, filter}, PR_SET_SECCOMP},
    {SYS_chroot, "chroot", Operation::change_root, {}},
    {SYS_mount, "mount", Operation::change_root, {}},
    {SYS_getxattr, "getxattr", Operation::get_xattr, {path, name, result, size}},
    {SYS_lgetxattr,
     "lgetxattr",
     Operation::get_xattr,
     {path, name, result, size},
     AT_SYMLINK_NOFOLLOW},
    {SYS_listxattr, "listxattr", Operation::list_xattr, {path, result, size}},
    {SYS_llistxattr,
     "llistxattr",
     Operation::list_xattr,
     {path, result, size},
     AT_SYMLINK_NOFOLLOW},
    {SYS_getdents64, "getdents64", Operation::list, {fd, result, size}},
    {SYS_openat, "openat", Operation::open, {dirfd, path, open_flags, mode}},
    {SYS_newfstatat, "newfstatat", Operation::stat, {dirfd, path, result, at_flags}},
    {SYS_readlinkat, "readlinkat", Operation::read_link, {dirfd, path, result, size}},
    {SYS_faccessat, "faccessat", Operation::access, {dirfd, path, access_mode}},
    {SYS_setns, "setns", Operation::change_root, {}},
    {SYS_seccomp,
     "seccomp",
     Operation::install_filter,
     {option, mask, filter},
     SECCOMP_SET_MODE_FILTER},
    {SYS_execveat, "execveat", Operation::execute, {dirfd, path, arguments, arguments, at_flags}},
    {SYS_statx, "statx", Operation::statx, {dirfd, path, at_flags, mask, result}},
    {SYS_move_mount, "move_mount", Operation::change_root, {}},
    {SYS_openat2, "openat2", Operation::open, {dirfd, path, open_how, size}},
    {SYS_faccessat2, "faccessat2", Operation::access, {dirfd, path, access_mode, at_flags}},
};
static_assert(std::ranges::is_sorted(kSyscalls, {}, &SyscallDef::number));

// Source: arch/x86/entry/syscalls/syscall_32.tbl. The file calls that C libraries of this century
// make; what has layouts of its own that they left long ago (oldstat, stat, getdents) goes to the
// kernel.
constexpr SyscallDef kSyscalls32[] = {
    {5, "open", Operation::open, {path, open_flags, mode}},
    {8, "creat", Operation::open, {path, mode}, O_CREAT | O_WRONLY | O_TRUNC},
    {11, "execve", Operation::execute, {path, arguments, arguments}},
    {12, "chdir", Operation::change_directory, {path}},
    {21, "mount", Operation::change_root, {}},
    {33, "access", Operation::access, {path, access_mode}},
    {61, "chroot", Operation::change_root, {}},
    {85, "readlink", Operation::read_link, {path, result, size}},
    {183, "getcwd", Operation::get_directory, {result, size}},
    {195, "stat64", Operation::stat64, {path, result}},
    {196, "lstat64", Operation::stat64, {path, result}, AT_SYMLINK_NOFOLLOW},
    {217, "pivot_root", Operation::change_root, {}},
    {220, "getdents64", Operation::list, {fd, result, size}},
    {229, "getxattr", Operation::get_xattr, {path, name, result, size}},
    {230, "lgetxattr", Operation::get_xattr, {path, name, result, size}, AT_SYMLINK_NOFOLLOW},
    {232, "listxattr", Operation::list_xattr, {path, result, size}},
    {233, "llistxattr", Operation::list_xattr, {path, result, size}, AT_SYMLINK_NOFOLLOW},
    {295, "openat", Operation::open, {dirfd, path, open_flags, mode}},
    {300, "fstatat64", Operation::stat64, {dirfd, path, result, at_flags}},
    {305, "readlinkat", Operation::read_link, {dirfd, path, result, size}},
    {307, "faccessat", Operation::access, {dirfd, path, access_mode}},
    {346, "setns", Operation::change_root, {}},
    {358, "execveat", Operation::execute, {dirfd, path, arguments, arguments, at_flags}},
    {383, "statx", Operation::statx, {dirfd, path, at_flags, mask, result}},
    {429, "move_mount", Operation::change_root, {}},
    {437, "openat2", Operation::open, {dirfd, path, open_how, size}},
    {439, "faccessat2", Operation::access, {dirfd, path, access_mode, at_flags}},
};
static_assert(std::ranges::is_sorted(kSyscalls32, {}, &SyscallDef::number));

}  // namespace

std::span<const SyscallDef> syscalls(Abi abi) noexcept {
  return abi == Abi::i386 ? std::span<const SyscallDef>(kSyscalls32) : kSyscalls;
}

const SyscallDef* find_syscall(int number, Abi abi) noexcept {
  const auto rows = syscalls(abi);
  const auto def = std::ranges::lower_bound(rows, number, {}, &SyscallDef::number);
  return def != rows.end() && def->number == number ? &*def : nullptr;
}

}  // namespace vgpu::tracer
