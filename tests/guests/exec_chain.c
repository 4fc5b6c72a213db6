// Executes itself N times over, alternating the ways to name a program, then the rest: exec_chain N
// PROGRAM [ARGUMENT...].
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int left = atoi(argv[1]);
  if (left == 0) {
    execv(argv[2], argv + 2);
    return 127;
  }
  char count[16];
  snprintf(count, sizeof count, "%d", left - 1);
  argv[1] = count;
  if (left % 2 == 0) {
    execve("/proc/self/exe", argv, (char*[]){NULL});
  } else {
    fexecve(open(argv[0], O_RDONLY | O_CLOEXEC), argv, (char*[]){NULL});
  }
  return 126;
}
