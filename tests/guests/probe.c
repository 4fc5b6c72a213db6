// Probes files by raw system calls, linked statically, and prints what each call answers, as a
// trace would.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    struct stat at;
#ifdef __x86_64__
    const long found = syscall(SYS_newfstatat, AT_FDCWD, argv[i], &at, 0);
#else
    const long found =
        fstatat(AT_FDCWD, argv[i], &at, 0);  // which call it is depends on the C library
#endif
    if (found != 0) {
      printf("%s: %s\n", argv[i], strerror(errno));
      continue;
    }
    printf("%s: mode %o", argv[i], at.st_mode);
    if (S_ISCHR(at.st_mode)) printf(" device %u:%u", major(at.st_rdev), minor(at.st_rdev));
    printf(" access %ld", syscall(SYS_access, argv[i], R_OK));
    const long fd = syscall(SYS_openat, AT_FDCWD, argv[i], O_RDONLY);
    char bytes[4096];
    long count = S_ISDIR(at.st_mode)   ? syscall(SYS_getdents64, fd, bytes, sizeof bytes)
                 : S_ISREG(at.st_mode) ? syscall(SYS_read, fd, bytes, sizeof bytes)
                                       : 0;
    printf(" open %s%s\n", fd < 0 ? "failed" : "ok", count > 0 ? " with content" : "");
    syscall(SYS_close, fd);
  }
  return 0;
}
