// The rows that differ in how the file is spelled.
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct way Way;
typedef const struct target Target;

int not_here(const Way* way, const char* why) {
  fprintf(stderr, "SKIP: matrix row '%s': %s: %s\n", way->label, why, strerror(errno));
  return 1;
}

static void join(char* out, const char* prefix, const char* name) {
  if (prefix[0] == 0)
    snprintf(out, kPath, "%s", name);
  else
    snprintf(out, kPath, "%s%s%s", prefix, prefix[strlen(prefix) - 1] == '/' ? "" : "/", name);
}

void spell(Way* way, int dirfd, const char* prefix, Target* target) {
  way->dirfd = dirfd;
  join(way->path, prefix, target->name);
  snprintf(way->folder, sizeof way->folder, "%s", prefix[0] ? prefix : ".");
}

void spell_plain(Way* way, Target* target) { spell(way, AT_FDCWD, target->dir, target); }

static int open_dir(const char* path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

// Spells with a printf format that takes the target's directory.
static int formatted(Way* way, Target* target, const char* format) {
  char prefix[kPath];
  snprintf(prefix, sizeof prefix, format, target->dir);
  spell(way, AT_FDCWD, prefix, target);
  return 0;
}

static int plain(Way* way, Target* target) { return formatted(way, target, "%s"); }
static int doubled(Way* way, Target* target) { return formatted(way, target, "//%s//"); }
static int dotted(Way* way, Target* target) { return formatted(way, target, "/.%s/."); }
static int parent(Way* way, Target* target) { return formatted(way, target, "/usr/..%s"); }
static int above_root(Way* way, Target* target) { return formatted(way, target, "/../../..%s"); }
static int proc_root(Way* way, Target* target) { return formatted(way, target, "/proc/self/root%s"); }
static int proc_one_root(Way* way, Target* target) { return formatted(way, target, "/proc/self/task/../root%s"); }
static int thread_root(Way* way, Target* target) { return formatted(way, target, "/proc/thread-self/root%s"); }

static int around(Way* way, Target* target) {
  char prefix[kPath];
  snprintf(prefix, sizeof prefix, "%s/../%s", target->dir, strrchr(target->dir, '/') + 1);
  spell(way, AT_FDCWD, prefix, target);
  return 0;
}

static int trailing_slash(Way* way, Target* target) {
  plain(way, target);
  strcat(way->path, "/");
  return 0;
}

static int below(Way* way, Target* target) {
  plain(way, target);
  strcat(way->path, "/below");
  return 0;
}

static int missing(Way* way, Target* target) {
  plain(way, target);
  strcat(way->path, "-not-there");
  return 0;
}

static int legacy(Way* way, Target* target) {
  way->legacy = 1;
  return plain(way, target);
}

static int other_root(Way* way, Target* target) {
  char prefix[kPath];
  snprintf(prefix, sizeof prefix, "/proc/%d/root%s", (int)getppid(), target->dir);
  spell(way, AT_FDCWD, prefix, target);
  return 0;
}

static int working_directory(Way* way, Target* target) {
  if (chdir(target->dir) != 0) return not_here(way, "chdir");
  spell(way, AT_FDCWD, "", target);
  return 0;
}

static int below_working_directory(Way* way, Target* target) {
  if (chdir("/") != 0) return not_here(way, "chdir");
  spell(way, AT_FDCWD, target->dir + 1, target);
  return 0;
}

static int proc_cwd(Way* way, Target* target) {
  if (chdir(target->dir) != 0) return not_here(way, "chdir");
  spell(way, AT_FDCWD, "/proc/self/cwd", target);
  return 0;
}

static int descriptor_directory(Way* way, Target* target) {
  const int fd = open_dir(target->dir);
  if (fd < 0) return not_here(way, "open");
  spell(way, fd, "", target);
  return 0;
}

static int path_descriptor(Way* way, Target* target) {
  const int fd = open(target->dir, O_PATH | O_DIRECTORY);
  if (fd < 0) return not_here(way, "open");
  spell(way, fd, "", target);
  return 0;
}

static int changed_by_descriptor(Way* way, Target* target) {
  if (fchdir(open_dir(target->dir)) != 0) return not_here(way, "fchdir");
  spell(way, AT_FDCWD, ".", target);
  return 0;
}

static int absolute_beside_descriptor(Way* way, Target* target) {
  plain(way, target);
  way->dirfd = 12345;  // not looked at
  return 0;
}

static int up_from_descriptor(Way* way, Target* target) {
  char prefix[kPath];
  snprintf(prefix, sizeof prefix, "../../..%s", target->dir);
  spell(way, open_dir("/proc/sys"), prefix, target);
  return 0;
}

static int proc_descriptor(Way* way, Target* target) {
  char prefix[64];
  snprintf(prefix, sizeof prefix, "/proc/self/fd/%d", open_dir(target->dir));
  spell(way, AT_FDCWD, prefix, target);
  return 0;
}

static int dev_descriptor(Way* way, Target* target) {
  char prefix[64];
  snprintf(prefix, sizeof prefix, "/dev/fd/%d", open_dir(target->dir));
  spell(way, AT_FDCWD, prefix, target);
  return 0;
}

static int magic_file(Way* way, Target* target) {
  char file[kPath];
  join(file, target->dir, target->name);
  const int fd = open(file, O_RDONLY | O_NONBLOCK);
  if (fd < 0) return not_here(way, "open");
  way->dirfd = AT_FDCWD;
  snprintf(way->path, sizeof way->path, "/proc/thread-self/fd/%d", fd);
  return 0;
}

static int opened_path(Way* way, Target* target) {
  char file[kPath];
  join(file, target->dir, target->name);
  way->dirfd = open(file, O_PATH);
  way->empty = 1;
  return way->dirfd < 0 ? not_here(way, "open") : 0;
}

static int opened_link(Way* way, Target* target) {
  char file[kPath];
  join(file, target->dir, target->name);
  way->dirfd = open(file, O_PATH | O_NOFOLLOW);
  way->empty = 1;
  return way->dirfd < 0 ? not_here(way, "open") : 0;
}

static int empty_flag_beside_path(Way* way, Target* target) {
  way->at_path = 1;
  return plain(way, target);
}

static int empty_flag_beside_relative(Way* way, Target* target) {
  way->at_path = 1;
  return descriptor_directory(way, target);
}

static int empty_flag_beside_path_descriptor(Way* way, Target* target) {
  way->at_path = 1;
  return path_descriptor(way, target);
}

static int empty_flag_beside_absolute(Way* way, Target* target) {
  plain(way, target);
  way->at_path = 1;
  way->dirfd = open_dir("/");
  return way->dirfd < 0 ? not_here(way, "open") : 0;
}

static int prepared(Way* way, Target* target, const char* link) {
  way->dirfd = AT_FDCWD;
  join(way->path, target->prepared, link);
  return 0;
}
static int old_link(Way* way, Target* target) { return prepared(way, target, "old-link"); }
static int old_chain(Way* way, Target* target) { return prepared(way, target, "old-chain"); }
static int old_relative(Way* way, Target* target) { return prepared(way, target, "old-relative-link"); }
static int old_relative_cwd(Way* way, Target* target) {
  if (chdir(target->prepared) != 0) return not_here(way, "chdir");
  way->dirfd = AT_FDCWD;
  strcpy(way->path, "old-link");
  return 0;
}

static int old_folder(Way* way, Target* target) {
  char prefix[kPath];
  join(prefix, target->prepared, "old-folder-link");
  spell(way, AT_FDCWD, prefix, target);
  return 0;
}

static int old_root(Way* way, Target* target) {
  char prefix[kPath], folder[kPath];
  join(prefix, target->prepared, "old-root-link");
  join(folder, prefix, target->dir + 1);
  spell(way, AT_FDCWD, folder, target);
  return 0;
}

static int new_link(Way* way, Target* target) {
  char file[kPath], link[kPath];
  join(file, target->dir, target->name);
  join(link, target->prepared, "new-link");
  unlink(link);
  if (symlink(file, link) != 0) return not_here(way, "symlink");
  return prepared(way, target, "new-link");
}

static int scoped(Way* way, Target* target, uint64_t resolve, const char* base, const char* prefix) {
  spell(way, base ? open_dir(base) : AT_FDCWD, prefix, target);
  way->resolve = resolve;
  way->use_openat2 = 1;
  return 0;
}
static int plain_openat2(Way* way, Target* target) { return scoped(way, target, 0, NULL, target->dir); }
static int beneath(Way* way, Target* target) { return scoped(way, target, RESOLVE_BENEATH, target->dir, ""); }
static int beneath_root(Way* way, Target* target) { return scoped(way, target, RESOLVE_BENEATH, "/", target->dir + 1); }
static int beneath_left(Way* way, Target* target) { return scoped(way, target, RESOLVE_BENEATH, "/usr", target->dir); }
static int in_root(Way* way, Target* target) { return scoped(way, target, RESOLVE_IN_ROOT, "/", target->dir); }
static int in_folder(Way* way, Target* target) { return scoped(way, target, RESOLVE_IN_ROOT, target->dir, "/../.."); }
static int no_xdev(Way* way, Target* target) { return scoped(way, target, RESOLVE_NO_XDEV, target->dir, ""); }
static int no_xdev_root(Way* way, Target* target) { return scoped(way, target, RESOLVE_NO_XDEV, "/", target->dir + 1); }
static int no_links(Way* way, Target* target) { return scoped(way, target, RESOLVE_NO_SYMLINKS, NULL, target->dir); }
static int no_magic(Way* way, Target* target) { return scoped(way, target, RESOLVE_NO_MAGICLINKS, NULL, target->dir); }
static int no_magic_root(Way* way, Target* target) {
  char prefix[kPath];
  snprintf(prefix, sizeof prefix, "/proc/self/root%s", target->dir);
  return scoped(way, target, RESOLVE_NO_MAGICLINKS, NULL, prefix);
}

static int changed_root(Way* way, Target* target) {
  if (chroot("/") != 0 || chdir("/") != 0) return not_here(way, "chroot");
  return plain(way, target);
}

static int folder_as_root(Way* way, Target* target) {
  if (chroot(target->dir) != 0 || chdir("/") != 0) return not_here(way, "chroot");
  spell(way, AT_FDCWD, "/", target);
  return 0;
}

static int own_namespaces(Way* way) {
  return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 || (geteuid() == 0 && unshare(CLONE_NEWNS) == 0)
             ? mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)
             : not_here(way, "unshare");
}

static int unshared(Way* way, Target* target) { return own_namespaces(way) ? 1 : plain(way, target); }

static int bound(Way* way, Target* target) {
  char place[kPath];
  if (own_namespaces(way)) return 1;
  join(place, target->prepared, "mount");
  if (mount(target->dir, place, NULL, MS_BIND | MS_REC, NULL) != 0) return not_here(way, "bind mount");
  spell(way, AT_FDCWD, place, target);
  way->any_name = 1;
  return 0;
}

static int pivoted(Way* way, Target* target) {
  char place[kPath];
  if (own_namespaces(way)) return 1;
  join(place, target->prepared, "mount");
  if (mount("/", place, NULL, MS_BIND | MS_REC, NULL) != 0) return not_here(way, "bind mount");
  if (chdir(place) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) return not_here(way, "pivot_root");
  if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) return not_here(way, "umount");
  return plain(way, target);
}

const struct row kSpellings[] = {
    {"plain", plain},
    {"doubled slashes", doubled},
    {"dots", dotted},
    {"..", parent},
    {".. above the root", above_root},
    {".. and back", around},
    {"a slash at the end", trailing_slash},
    {"something below it", below},
    {"a name that is not there", missing},
    {"calls without at", legacy},
    {"/proc/self/root", proc_root},
    {"/proc/self/task/..", proc_one_root},
    {"/proc/thread-self/root", thread_root},
    {"/proc/PARENT/root", other_root},
    {"working directory", working_directory},
    {"below the working directory", below_working_directory},
    {"/proc/self/cwd", proc_cwd},
    {"directory descriptor", descriptor_directory},
    {"O_PATH directory descriptor", path_descriptor},
    {"fchdir", changed_by_descriptor},
    {"absolute beside a descriptor", absolute_beside_descriptor},
    {".. from a descriptor", up_from_descriptor},
    {"/proc/self/fd/DIRECTORY", proc_descriptor},
    {"/dev/fd/DIRECTORY", dev_descriptor},
    {"/proc/thread-self/fd/FILE", magic_file},
    {"O_PATH, then AT_EMPTY_PATH", opened_path},
    {"O_PATH|O_NOFOLLOW, then AT_EMPTY_PATH", opened_link},
    {"AT_EMPTY_PATH beside a path", empty_flag_beside_path},
    {"AT_EMPTY_PATH beside a path from a descriptor", empty_flag_beside_relative},
    {"AT_EMPTY_PATH beside a path from an O_PATH descriptor", empty_flag_beside_path_descriptor},
    {"AT_EMPTY_PATH beside an absolute path and a descriptor", empty_flag_beside_absolute},
    {"symlink from before", old_link},
    {"symlink to a symlink from before", old_chain},
    {"relative symlink from before", old_relative},
    {"symlink from before, in the working directory", old_relative_cwd},
    {"symlink to the folder from before", old_folder},
    {"symlink to the root from before", old_root},
    {"symlink made now", new_link},
    {"openat2", plain_openat2},
    {"RESOLVE_BENEATH", beneath},
    {"RESOLVE_BENEATH from the root", beneath_root},
    {"RESOLVE_BENEATH, left", beneath_left},
    {"RESOLVE_IN_ROOT", in_root},
    {"RESOLVE_IN_ROOT of the folder", in_folder},
    {"RESOLVE_NO_XDEV", no_xdev},
    {"RESOLVE_NO_XDEV from the root", no_xdev_root},
    {"RESOLVE_NO_SYMLINKS", no_links},
    {"RESOLVE_NO_MAGICLINKS", no_magic},
    {"RESOLVE_NO_MAGICLINKS on /proc/self/root", no_magic_root},
    {"chroot /", changed_root},
    {"chroot to the folder", folder_as_root},
    {"namespaces of its own", unshared},
    {"bind mount", bound},
    {"pivot_root", pivoted},
    {0, 0},
};
