// Does steps of using a GPU until one fails: `gpu_steps load init alloc=4096`.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void* library;
#define CALL(name, ...) ((int (*)())dlsym(library, name))(__VA_ARGS__)

static int step(const char* name, const char* value) {
  static char image[65536];
  void *context, *module, *function;
  unsigned long long address;
  int number = 0;
  if (strcmp(name, "load") == 0)
    return (library = dlopen(*value ? value : "libcuda.so.1", RTLD_NOW)) == NULL;
  if (strcmp(name, "init") == 0) return CALL("cuInit", atoi(value));
  if (strcmp(name, "version") == 0) return CALL("cuDriverGetVersion", &number);
  if (strcmp(name, "count") == 0) return CALL("cuDeviceGetCount", &number) || number == 0;
  if (strcmp(name, "context") == 0) return CALL("cuCtxCreate_v2", &context, 0, atoi(value));
  if (strcmp(name, "alloc") == 0) return CALL("cuMemAlloc_v2", &address, strtoull(value, NULL, 0));
  if (strcmp(name, "call") == 0) return CALL(value, NULL, NULL, NULL, NULL);
  if (read(open(value, O_RDONLY), image, sizeof image - 1) < 0) return 1;
  if (strcmp(name, "refused") == 0) return CALL("cuModuleLoadData", &module, image) == 0;
  return strcmp(name, "launch") != 0 ||  // the kernel k of a file of PTX
         CALL("cuModuleLoadData", &module, image) ||
         CALL("cuModuleGetFunction", &function, module, "k") ||
         CALL("cuLaunchKernel", function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL) ||
         CALL("cuCtxSynchronize");
}

int main(int count, char** words) {
  for (int i = 1; i < count; ++i) {
    char* value = strchr(words[i], '=');
    if (value != NULL) *value++ = '\0';
    if (step(words[i], value ? value : "")) return printf("failed: %s\n", words[i]), 3;
  }
}
