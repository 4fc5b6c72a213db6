// A server and its runner, as LLM servers have them: `fallback FILE` starts itself as the runner
// with a library path of its own; the runner opens the driver, resolves what it needs, misses FILE,
// and computes on the processor without a word.
#include <dlfcn.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char* file) {
  static const char* const names[] = {"cuInit",         "cuDeviceGetCount", "cuDeviceGet",
                                      "cuCtxCreate_v2", "cuMemAlloc_v2",    "cuLaunchKernel"};
  int on_gpu = 0;
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (driver != NULL) {
    on_gpu = 1;
    for (unsigned i = 0; i < sizeof names / sizeof *names; ++i)
      on_gpu &= dlsym(driver, names[i]) != NULL;
    on_gpu &= access(file, R_OK) == 0;
  }
  if (on_gpu) ((int (*)(unsigned))dlsym(driver, "cuInit"))(0);
  printf("computed on the %s\n", on_gpu ? "GPU" : "processor");
  return 0;
}

int main(int count, char** words) {
  if (count == 3 && strcmp(words[1], "runner") == 0) return run(words[2]);
  if (count != 2) return 2;
  char* const arguments[] = {words[0], "runner", words[1], NULL};
  char* const environment[] = {"LD_LIBRARY_PATH=/opt/server/lib", NULL};
  pid_t pid;
  int status = 1;
  if (posix_spawn(&pid, words[0], NULL, NULL, arguments, environment) != 0) return 1;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
