#include "tracer/syscalls/table.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>

namespace vgpu::tracer {
namespace {

using enum Arg;

// Source: the SYSCALL_DEFINE lines of Linux's fs/, arch/x86/entry/syscalls/syscall_64.tbl.
constexpr SyscallDef kSyscalls[] = {
    {SYS_open, "open", Operation::open, {path, open_flags, mode}},
    {SYS_stat, "stat", Operation::stat, {path, result}},
    {SYS_lstat, "lstat", Operation::stat, {path, result}, AT_SYMLINK_NOFOLLOW},
    {SYS_access, "access", Operation::access, {path, access_mode}},
    {SYS_execve, "execve", Operation::execute, {path, arguments, arguments}},
    {SYS_getdents, "getdents", Operation::list_old, {fd, result, size}},
    {SYS_getcwd, "getcwd", Operation::get_directory, {result, size}},
    {SYS_chdir, "chdir", Operation::change_directory, {path}},
    {SYS_creat, "creat", Operation::open, {path, mode}, O_CREAT | O_WRONLY | O_TRUNC},
    {SYS_symlink, "symlink", Operation::make_link, {path, new_path}},
    {SYS_readlink, "readlink", Operation::read_link, {path, result, size}},
    {SYS_statfs, "statfs", Operation::stat_fs, {path, result}},
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
    {SYS_symlinkat, "symlinkat", Operation::make_link, {path, dirfd, new_path}},
    {SYS_readlinkat, "readlinkat", Operation::read_link, {dirfd, path, result, size}},
    {SYS_faccessat, "faccessat", Operation::access, {dirfd, path, access_mode}},
    {SYS_execveat, "execveat", Operation::execute, {dirfd, path, arguments, arguments, at_flags}},
    {SYS_statx, "statx", Operation::statx, {dirfd, path, at_flags, mask, result}},
    {SYS_openat2, "openat2", Operation::open, {dirfd, path, open_how, size}},
    {SYS_faccessat2, "faccessat2", Operation::access, {dirfd, path, access_mode, at_flags}},
};
static_assert(std::ranges::is_sorted(kSyscalls, {}, &SyscallDef::number));

}  // namespace

std::span<const SyscallDef> syscalls() noexcept { return kSyscalls; }

const SyscallDef* find_syscall(int number) noexcept {
  const auto* def = std::ranges::lower_bound(kSyscalls, number, {}, &SyscallDef::number);
  return def != std::end(kSyscalls) && def->number == number ? def : nullptr;
}

}  // namespace vgpu::tracer
