// A server's child, as LLM servers have them: `runner probe BACKEND` opens the backend library,
// prints what devices there are, and lives until it is killed; `runner list BACKEND` ends; `runner
// versions` asks the driver and NVML only.
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CALL(library, name, ...) ((int (*)())dlsym(library, #name))(__VA_ARGS__)

static int versions(void) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  void* nvml = dlopen("libnvidia-ml.so.1", RTLD_NOW);
  if (driver == NULL || nvml == NULL) return 3;
  int cuda = 0, by_nvml = 0;
  char text[80] = "";
  int failed = CALL(driver, cuInit, 0) | CALL(driver, cuDriverGetVersion, &cuda) |
               CALL(nvml, nvmlInit_v2) | CALL(nvml, nvmlSystemGetCudaDriverVersion, &by_nvml) |
               CALL(nvml, nvmlSystemGetDriverVersion, text, (unsigned)sizeof text) |
               CALL(nvml, nvmlShutdown);
  printf("%d %d %s\n", cuda, by_nvml, text);
  return failed != 0;
}

int main(int count, char** words) {
  if (count == 2 && strcmp(words[1], "versions") == 0) return versions();
  if (count != 3) return 2;
  void* backend = dlopen(words[2], RTLD_NOW | RTLD_LOCAL);
  if (backend == NULL) {
    printf("no backend: %s\n", dlerror());
    return 3;
  }
  ((void (*)(void))dlsym(backend, "list_devices"))();
  if (strcmp(words[1], "probe") == 0)
    for (;;) pause();
  return 0;
}
