// The columns: open, stat, access, readlink, list, exec.
#include "matrix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void print_outcome(const struct way* way, const char* probe, const char* outcome) {
  char line[2 * kPath];
  const int size = snprintf(line, sizeof line, "%s: %s: %s\n", way->label, probe, outcome);
  if (write(STDOUT_FILENO, line, (size_t)size) != size) abort();
}

const char* error_name(long result) {
#ifdef __GLIBC__
  const char* name = result >= 0 ? "ok" : strerrorname_np(errno);
  return name ? name : "unknown error";
#else
  return result >= 0 ? "ok" : strerror(errno);
#endif
}

// `text` with the target's directory and name replaced, so that two targets can be compared.
static void normalise(const char* text, const struct target* target, char* out, size_t room) {
  const char* const words[][2] = {{target->dir, "DIR"}, {target->name, "NAME"}};
  size_t used = 0;
  while (*text && used + 8 < room) {
    int found = 0;
    for (int i = 0; i < 2 && !found; ++i) {
      const size_t size = strlen(words[i][0]);
      if (strncmp(text, words[i][0], size) != 0) continue;
      used += (size_t)sprintf(out + used, "%s", words[i][1]);
      text += size;
      found = 1;
    }
    if (!found) out[used++] = *text++;
  }
  out[used] = 0;
}

static int at_flags(const struct way* way) { return way->empty || way->at_path ? AT_EMPTY_PATH : 0; }

static long open_file(const struct way* way, const char* path, int flags) {
  flags |= O_CLOEXEC | O_NONBLOCK;
  if (way->int80) {
    const long fd = gate80(5, (long)path, flags, 0);
    errno = fd < 0 ? (int)-fd : 0;
    return fd < 0 ? -1 : fd;
  }
  if (way->legacy) return syscall(SYS_open, path, flags, 0);
  if (!way->use_openat2) return syscall(SYS_openat, way->dirfd, path, flags, 0);
  if (flags & O_PATH) flags &= ~O_NONBLOCK;
  struct open_how how = {.flags = (uint64_t)flags, .resolve = way->resolve};
  // The kernel gives up where a rename or a mount elsewhere comes in between: try again, openat2(2).
  long fd = -1;
  for (int i = 0; i < 1000 && fd < 0; ++i) {
    fd = syscall(SYS_openat2, way->dirfd, path, &how, sizeof how);
    if (fd < 0 && errno != EAGAIN) break;
  }
  return fd;
}

static void say_open(const struct way* way, const struct target* target, const char* probe, long fd) {
  char link[64], text[kPath] = "", normal[kPath], outcome[kPath + 64];
  if (fd < 0) return print_outcome(way, probe, error_name(fd));
  snprintf(link, sizeof link, "/proc/self/fd/%ld", fd);
  struct stat at;
  const int seen = stat(link, &at);
  if (readlink(link, text, sizeof text - 1) < 0) strcpy(text, error_name(-1));
  normalise(text, target, normal, sizeof normal);
  snprintf(outcome, sizeof outcome, "ok %o %s", seen == 0 ? at.st_mode : 0, way->any_name ? "" : normal);
  print_outcome(way, probe, outcome);
  close((int)fd);
}

static void probe_open(const struct way* way, const struct target* target) {
  if (way->empty) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", way->dirfd);
    return say_open(way, target, "open", open(link, O_RDONLY | O_NONBLOCK));
  }
  say_open(way, target, "open", open_file(way, way->path, O_RDONLY));
  say_open(way, target, "open O_PATH", open_file(way, way->path, O_PATH));
  say_open(way, target, "open O_DIRECTORY", open_file(way, way->path, O_DIRECTORY));
}

static void say_stat(const struct way* way, const char* probe, long result, unsigned mode, int is_device) {
  char outcome[64];
  snprintf(outcome, sizeof outcome, "%o%s", mode, is_device ? " device" : "");
  print_outcome(way, probe, result < 0 ? error_name(result) : outcome);
}

static void probe_stat(const struct way* way) {
  struct stat at;
  unsigned char more[256] = {0};  // struct statx, which not every C library knows: the mode is at 28, the device's major number at 128
  memset(&at, 0, sizeof at);
  if (way->int80) {
    unsigned* const at64 = (unsigned*)(uintptr_t)(way->path + kPath / 2);  // struct stat64: st_mode is its fifth word
    const long result = gate80(195, (long)way->path, (long)at64, 0);
    errno = (int)-result;
    return say_stat(way, "stat", result, at64[4], at64[8] != 0);
  }
  const int flags = at_flags(way);
  const char* path = way->empty ? "" : way->path;
  long result = way->legacy ? syscall(SYS_stat, path, &at) : syscall(SYS_newfstatat, way->dirfd, path, &at, flags);
  say_stat(way, "stat", result, at.st_mode, at.st_rdev != 0);
  result = way->legacy ? syscall(SYS_lstat, path, &at)
                       : syscall(SYS_newfstatat, way->dirfd, path, &at, flags | AT_SYMLINK_NOFOLLOW);
  say_stat(way, "lstat", result, at.st_mode, at.st_rdev != 0);
  if (way->legacy) return;
  result = syscall(SYS_statx, way->dirfd, path, flags, 0x7ff, more);
  say_stat(way, "statx", result, more[28] | (unsigned)more[29] << 8, more[128] != 0);
}

static void probe_access(const struct way* way) {
  char outcome[128] = "";
  for (int mode = F_OK; mode <= R_OK; mode = mode ? 2 * mode : 1) {
    long result;
    if (way->int80) {
      result = gate80(33, (long)way->path, mode, 0);
      errno = (int)-result;
    } else if (way->legacy) {
      result = syscall(SYS_access, way->path, mode);
    } else if (at_flags(way)) {
      result = syscall(SYS_faccessat2, way->dirfd, way->empty ? "" : way->path, mode, at_flags(way));
    } else {
      result = syscall(SYS_faccessat, way->dirfd, way->path, mode);
    }
    strcat(strcat(outcome, error_name(result)), " ");
  }
  print_outcome(way, "access", outcome);
}

static void probe_readlink(const struct way* way, const struct target* target) {
  char* const room = way->int80 ? (char*)way->path + kPath / 2 : malloc(kPath);
  char normal[kPath];
  long size;
  if (way->int80) {
    size = gate80(85, (long)way->path, (long)room, 200);
    errno = (int)-size;
  } else if (way->legacy) {
    size = syscall(SYS_readlink, way->path, room, kPath - 1);
  } else {
    size = syscall(SYS_readlinkat, way->dirfd, way->empty ? "" : way->path, room, kPath - 1);
  }
  if (size < 0) return print_outcome(way, "readlink", error_name(size));
  room[size] = 0;
  normalise(room, target, normal, sizeof normal);
  print_outcome(way, "readlink", normal);
}

static void probe_list(const struct way* way, const struct target* target) {
  char bytes[32768];
  if (!way->folder[0]) return;
  const long fd = open_file(way, way->folder, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return print_outcome(way, "list", error_name(fd));
  int seen = 0;
  long size;
  while ((size = syscall(SYS_getdents64, fd, bytes, sizeof bytes)) > 0)
    for (long at = 0; at < size; at += ((struct dirent64*)(bytes + at))->d_reclen)
      seen += !strcmp(((struct dirent64*)(bytes + at))->d_name, target->name);
  print_outcome(way, "list", size < 0 ? error_name(size) : seen == 1 ? "once" : seen ? "more than once" : "not there");
  close((int)fd);
}

static void probe_exec(const struct way* way) {
  char* const arguments[] = {"x", NULL};
  int* const error = mmap(NULL, sizeof *error, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const pid_t pid = fork();
  if (pid == 0) {
    long result = -1;
    close(STDOUT_FILENO);  // what is run may say things
    if (way->int80) {
      result = gate80(11, (long)way->path, 0, 0);
      errno = (int)-result;
    } else if (way->legacy) {
      result = syscall(SYS_execve, way->path, arguments, arguments + 1);
    } else {
      result = syscall(SYS_execveat, way->dirfd, way->empty ? "" : way->path, arguments, arguments + 1, at_flags(way));
    }
    *error = errno;
    _exit(result < 0 ? 1 : 0);
  }
  if (pid < 0) return print_outcome(way, "exec", "no process");
  waitpid(pid, NULL, 0);
  errno = *error;
  print_outcome(way, "exec", errno ? error_name(-1) : "ran");
}

void probe_all(const struct way* way, const struct target* target) {
  probe_open(way, target);
  if (way->use_openat2) return;  // the other calls cannot say RESOLVE_*
  probe_stat(way);
  probe_access(way);
  probe_readlink(way, target);
  if (!way->int80) probe_list(way, target);
  probe_exec(way);
}
