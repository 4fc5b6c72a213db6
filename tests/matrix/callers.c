// The rows that differ in who asks, and how it came into being.
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct way Way;
typedef const struct target Target;
extern char** environ;

struct job {
  Way* way;
  Target* target;
};

static int in_child(void* argument) {
  const struct job* job = argument;
  spell_plain(job->way, job->target);
  probe_all(job->way, job->target);
  return 0;
}

static void* in_thread(void* argument) {
  in_child(argument);
  return NULL;
}

static int run_clone(Way* way, Target* target, int flags) {
  struct job job = {way, target};
  char* const stack = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int pid = clone(in_child, stack + (1 << 20), flags | SIGCHLD, &job);
  if (pid < 0) return not_here(way, "clone");
  waitpid(pid, NULL, 0);
  return 1;
}

static int vforked(Way* way, Target* target) { return run_clone(way, target, CLONE_VM | CLONE_VFORK); }
static int untraced(Way* way, Target* target) { return run_clone(way, target, CLONE_UNTRACED); }
static int shared_files(Way* way, Target* target) { return run_clone(way, target, CLONE_FILES | CLONE_FS); }

static int threaded(Way* way, Target* target) {
  struct job job = {way, target};
  pthread_t thread;
  if (pthread_create(&thread, NULL, in_thread, &job) != 0) return not_here(way, "pthread_create");
  pthread_join(thread, NULL);
  return 1;
}

static int cloned3(Way* way, Target* target) {
  struct clone_args arguments = {.exit_signal = SIGCHLD};
  const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return not_here(way, "clone3");
  if (pid > 0) return waitpid((pid_t)pid, NULL, 0) != 0;
  spell_plain(way, target);
  return 0;
}

static int twice_forked(Way* way, Target* target) {
  int ends[2];
  char end;
  if (pipe(ends) != 0) return not_here(way, "pipe");
  if (fork() == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    spell_plain(way, target);
    return 0;
  }
  wait(NULL);
  close(ends[1]);
  return read(ends[0], &end, 1) == 0;  // the grandchild has ended
}

// The arguments with which we print the plain rows in a new program.
char** again(const char* program, Way* way, Target* target) {
  char** const arguments = calloc(8, sizeof *arguments);
  const char* const words[] = {program, "--plain", way->label, target->dir, target->name, target->prepared};
  for (int i = 0; i < 6; ++i) arguments[i] = strdup(words[i]);
  return arguments;
}

static int spawned(Way* way, Target* target) {
  pid_t pid;
  if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, again("x", way, target), environ) != 0) return not_here(way, "spawn");
  waitpid(pid, NULL, 0);
  return 1;
}

int copy_of_self(int to) {
  char bytes[1 << 16];
  const int from = open("/proc/self/exe", O_RDONLY);
  ssize_t size;
  while ((size = read(from, bytes, sizeof bytes)) > 0)
    if (write(to, bytes, (size_t)size) != size) return -1;
  return 0;
}

static int from_memory(Way* way, Target* target) {
  const int fd = memfd_create("matrix", 0);
  copy_of_self(fd);
  fexecve(fd, again("x", way, target), environ);
  return not_here(way, "fexecve");
}

static int by_execveat(Way* way, Target* target) {
  const int fd = open("/proc/self/exe", O_PATH);
  syscall(SYS_execveat, fd, "", again("x", way, target), environ, AT_EMPTY_PATH);
  return not_here(way, "execveat");
}

static int without_environment(Way* way, Target* target) {
  char* none[] = {NULL};
  execve("/proc/self/exe", again("x", way, target), none);
  return not_here(way, "execve");
}

static int by_script(Way* way, Target* target) {
  char script[kPath], self[kPath] = "";
  snprintf(script, sizeof script, "%s/script", target->prepared);
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return not_here(way, "readlink");
  unlink(script);
  const int fd = open(script, O_CREAT | O_WRONLY, 0755);
  dprintf(fd, "#!/bin/sh\nexec '%s' --plain '%s' '%s' '%s' '%s'\n", self, way->label, target->dir, target->name, target->prepared);
  close(fd);
  execl(script, script, NULL);
  return not_here(way, "exec of a script");
}

// A setuid program. As root it stays root, since the owner is; as another user, NO_NEW_PRIVS keeps it that user.
static int setuid_program(Way* way, Target* target) {
  char program[kPath];
  snprintf(program, sizeof program, "%s/setuid", target->prepared);
  unlink(program);
  const int fd = open(program, O_CREAT | O_WRONLY, 0755);
  if (copy_of_self(fd) != 0 || fchmod(fd, 04755) != 0) return not_here(way, "make a setuid program");
  close(fd);
  execv(program, again(program, way, target));
  return not_here(way, "exec of a setuid program");
}

static int undumpable(Way* way, Target* target) {
  if (geteuid() != 0) {
    errno = EPERM;
    return not_here(way, "an undumpable process is out of reach of a supervisor that is not root");
  }
  prctl(PR_SET_DUMPABLE, 0);
  spell_plain(way, target);
  return 0;
}

static int another_user(Way* way, Target* target) {
  if (geteuid() != 0 || setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
    return not_here(way, "setresuid");
  spell_plain(way, target);
  return 0;
}

static int without_new_privileges(Way* way, Target* target) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  spell_plain(way, target);
  return 0;
}

// The directory's descriptor comes from another process.
static int received(Way* way, Target* target) {
  int ends[2];
  char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
  struct iovec part = {&byte, 1};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return not_here(way, "socketpair");
  struct cmsghdr* const item = CMSG_FIRSTHDR(&header);
  if (fork() == 0) {
    const int fd = open(target->dir, O_RDONLY | O_DIRECTORY);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(item), &fd, sizeof fd);
    sendmsg(ends[0], &header, 0);
    _exit(0);
  }
  if (recvmsg(ends[1], &header, 0) != 1) return not_here(way, "recvmsg");
  int fd = -1;
  memcpy(&fd, CMSG_DATA(item), sizeof fd);
  spell(way, fd, "", target);
  return 0;
}

struct race {
  char text[kPath + 16];
  const char* words[2];
  int stop;
};

static void* flip(void* argument) {
  struct race* race = argument;
  for (unsigned i = 0; !__atomic_load_n(&race->stop, __ATOMIC_RELAXED); ++i) strcpy(race->text, race->words[i % 2]);
  return NULL;
}

// Another thread rewrites the path while we ask: each answer is that of some path that stood there, and nothing hangs.
static int raced(Way* way, Target* target) {
  struct race* const race = calloc(1, sizeof *race);
  char missing[kPath + 16];
  spell_plain(way, target);
  snprintf(missing, sizeof missing, "%s-not-there", way->path);
  race->words[0] = way->path;
  race->words[1] = missing;
  pthread_t thread;
  strcpy(race->text, way->path);
  if (pthread_create(&thread, NULL, flip, race) != 0) return not_here(way, "pthread_create");
  int strange = 0;
  for (int i = 0; i < 2000; ++i) {
    const int fd = open(race->text, O_RDONLY | O_NONBLOCK);
    if (fd >= 0)
      close(fd);
    else
      strange += errno != ENOENT && errno != ENXIO;
  }
  __atomic_store_n(&race->stop, 1, __ATOMIC_RELAXED);
  pthread_join(thread, NULL);
  print_outcome(way, "open", strange ? "an answer of neither path" : "an answer of one of the paths");
  return 1;
}

long gate80(long number, long a, long b, long c) {
  long result;
#ifdef __x86_64__
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
#else
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
#endif
  return (int)result;
}

static int gate_of_32_bits(Way* way, Target* target) {
  Way* const low = mmap(NULL, sizeof *low, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) return not_here(way, "mmap");
  if (gate80(20, 0, 0, 0) != getpid()) return not_here(way, "int $0x80");
  *low = *way;
  low->int80 = 1;
  spell_plain(low, target);
  probe_all(low, target);
  return 1;
}

static int x32(Way* way, Target* target) {
  spell_plain(way, target);
  print_outcome(way, "open", error_name(syscall(0x40000000 + SYS_open, way->path, O_RDONLY)));
  return 1;
}

const struct row kCallers[] = {
    {"vfork", vforked},
    {"CLONE_UNTRACED", untraced},
    {"CLONE_FILES|CLONE_FS", shared_files},
    {"a thread", threaded},
    {"clone3", cloned3},
    {"a daemon, forked twice", twice_forked},
    {"posix_spawn", spawned},
    {"memfd and fexecve", from_memory},
    {"execveat of a descriptor", by_execveat},
    {"an empty environment", without_environment},
    {"a script", by_script},
    {"a setuid program", setuid_program},
    {"PR_SET_DUMPABLE 0", undumpable},
    {"another user", another_user},
    {"PR_SET_NO_NEW_PRIVS", without_new_privileges},
    {"a descriptor from a socket", received},
    {"threads that race on a buffer", raced},
    {"int $0x80", gate_of_32_bits},
    {"x32", x32},
    {0, 0},
};
