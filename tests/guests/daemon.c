// Becomes a daemon, as old ones do, and there runs a program: daemon OUT PROGRAM [ARGUMENT...].
// The starter returns at once; OUT appears when the daemon's program has ended.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (fork() != 0) return 0;
  setsid();
  if (fork() != 0) return 0;
  umask(077);
  char part[4096];
  snprintf(part, sizeof part, "%s.part", argv[1]);
  const int out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, 0);
  dup2(out, 1);
  dup2(out, 2);
  if (fork() == 0) {
    execv(argv[2], argv + 2);
    _exit(127);
  }
  int status;
  wait(&status);
  dprintf(out, "status %d\n", status);
  return rename(part, argv[1]);
}
