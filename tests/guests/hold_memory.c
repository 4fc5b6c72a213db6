// hold_memory MIB [FILE]: takes so much memory of the first GPU, says what became of it and what
// CUDA and NVML call free, makes FILE and keeps the memory until it is killed.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CALL(library, name, ...) ((int (*)())dlsym(library, #name))(__VA_ARGS__)

int main(int argc, char** argv) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  void* nvml = dlopen("libnvidia-ml.so.1", RTLD_NOW);
  if (argc < 2 || driver == NULL || nvml == NULL) return 3;
  const size_t mebibyte = 1 << 20;
  const size_t size = strtoul(argv[1], NULL, 10) * mebibyte;
  int device;
  void *context, *gpu;
  unsigned long long at, memory[3];
  size_t free_bytes, total;
  int failed = CALL(driver, cuInit, 0) | CALL(driver, cuDeviceGet, &device, 0) |
               CALL(driver, cuCtxCreate_v2, &context, 0u, device);
  const int result = size == 0 ? 0 : CALL(driver, cuMemAlloc_v2, &at, size);
  failed |= CALL(driver, cuMemGetInfo_v2, &free_bytes, &total) | CALL(nvml, nvmlInit_v2) |
            CALL(nvml, nvmlDeviceGetHandleByIndex_v2, 0u, &gpu) |
            CALL(nvml, nvmlDeviceGetMemoryInfo, gpu, memory);
  if (free_bytes != memory[1]) failed = 1;
  printf("result %d, %zu MiB of %zu are free%s\n", result, free_bytes / mebibyte, total / mebibyte,
         failed ? ", and something failed" : "");
  fflush(stdout);
  if (argc > 2) {
    FILE* const file = fopen(argv[2], "w");
    if (file != NULL) fclose(file);
    pause();
  }
  return failed != 0;
}
