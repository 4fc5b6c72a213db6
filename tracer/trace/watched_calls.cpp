#include "tracer/trace/watched_calls.h"

#include <sys/syscall.h>

#include <algorithm>

namespace vgpu::tracer {
namespace {

using enum Arg;

// What strace's class `file` has besides the calls that are answered. Source: the SYSCALL_DEFINE
// lines of Linux's fs/ and mm/.
constexpr SyscallDef kWatched[] = {
    {SYS_mmap, "mmap", Operation::watch_map, {none, size, mask, at_flags, fd}},
    {SYS_kill, "kill", Operation::watch_kill, {option, mask}},
    {SYS_truncate, "truncate", Operation::watch_file, {path}},
    {SYS_rename, "rename", Operation::watch_file, {path}},
    {SYS_mkdir, "mkdir", Operation::watch_file, {path, mode}},
    {SYS_rmdir, "rmdir", Operation::watch_file, {path}},
    {SYS_link, "link", Operation::watch_file, {path}},
    {SYS_unlink, "unlink", Operation::watch_file, {path}},
    {SYS_symlink, "symlink", Operation::watch_file, {path}},
    {SYS_chmod, "chmod", Operation::watch_file, {path, mode}},
    {SYS_chown, "chown", Operation::watch_file, {path}},
    {SYS_lchown, "lchown", Operation::watch_file, {path}},
    {SYS_utime, "utime", Operation::watch_file, {path}},
    {SYS_mknod, "mknod", Operation::watch_file, {path}},
    {SYS_setxattr, "setxattr", Operation::watch_file, {path}},
    {SYS_lsetxattr, "lsetxattr", Operation::watch_file, {path}},
    {SYS_removexattr, "removexattr", Operation::watch_file, {path}},
    {SYS_lremovexattr, "lremovexattr", Operation::watch_file, {path}},
    {SYS_tkill, "tkill", Operation::watch_kill, {option, mask}},
    {SYS_tgkill, "tgkill", Operation::watch_kill, {option, none, mask}},
    {SYS_utimes, "utimes", Operation::watch_file, {path}},
    {SYS_inotify_add_watch, "inotify_add_watch", Operation::watch_file, {none, path}},
    {SYS_mkdirat, "mkdirat", Operation::watch_file, {dirfd, path, mode}},
    {SYS_mknodat, "mknodat", Operation::watch_file, {dirfd, path}},
    {SYS_fchownat, "fchownat", Operation::watch_file, {dirfd, path}},
    {SYS_futimesat, "futimesat", Operation::watch_file, {dirfd, path}},
    {SYS_unlinkat, "unlinkat", Operation::watch_file, {dirfd, path}},
    {SYS_renameat, "renameat", Operation::watch_file, {dirfd, path}},
    {SYS_linkat, "linkat", Operation::watch_file, {dirfd, path}},
    {SYS_symlinkat, "symlinkat", Operation::watch_file, {path}},
    {SYS_fchmodat, "fchmodat", Operation::watch_file, {dirfd, path}},
    {SYS_utimensat, "utimensat", Operation::watch_file, {dirfd, path}},
    {SYS_renameat2, "renameat2", Operation::watch_file, {dirfd, path}},
};
static_assert(std::ranges::is_sorted(kWatched, {}, &SyscallDef::number));

}  // namespace

std::span<const SyscallDef> watched_calls() noexcept { return kWatched; }

const SyscallDef* find_watched(int number) noexcept {
  const auto def = std::ranges::lower_bound(kWatched, number, {}, &SyscallDef::number);
  return def != std::end(kWatched) && def->number == number ? def : nullptr;
}

}  // namespace vgpu::tracer
