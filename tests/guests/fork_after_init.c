// Forks after cuInit. The child's driver is unusable there, as the real one is, and says so at
// once; a program that the child starts has a driver of its own; the parent's goes on working.
#include <sys/wait.h>
#include <unistd.h>

#include "vector_add.h"

int main(int argc, char** argv) {
  open_driver("libcuda.so.1");
  TRY(cuInit(0));
  vector_add();
  const pid_t child = fork();
  if (child == 0) {
    int device;
    Handle context;
    const int in_child = cuDeviceGet(&device, 0) == 0 ? cuCtxCreate_v2(&context, 0, device) : 3;
    if (in_child != 3) _exit(10);  // CUDA_ERROR_NOT_INITIALIZED
    execl(argv[1], argv[1], (char*)NULL);
    _exit(11);
  }
  int status;
  waitpid(child, &status, 0);
  vector_add();
  printf(status == 0 ? "PASS\n" : "FAIL: the child ended with %d\n", status);
  return argc < 2 || status != 0;
}
