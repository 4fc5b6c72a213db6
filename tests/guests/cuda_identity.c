// Says who each GPU is, as the CUDA driver tells it: NAME, UUID, ADDRESS, CAPABILITY.
#include <dlfcn.h>
#include <stdio.h>

#define CALL(name, ...) ((int (*)())dlsym(driver, #name))(__VA_ARGS__)

int main(void) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (driver == NULL) return 3;
  int count = 0, device, major, minor;
  int failed = CALL(cuInit, 0) | CALL(cuDeviceGetCount, &count);
  for (int i = 0; i < count; ++i) {
    char name[96], address[32];
    unsigned char id[16];
    failed |= CALL(cuDeviceGet, &device, i) | CALL(cuDeviceGetUuid_v2, id, device) |
              CALL(cuDeviceGetName, name, (int)sizeof name, device) |
              CALL(cuDeviceGetPCIBusId, address, (int)sizeof address, device) |
              CALL(cuDeviceGetAttribute, &major, 75, device) |
              CALL(cuDeviceGetAttribute, &minor, 76, device);
    printf("%s, GPU-", name);
    for (int at = 0; at < 16; ++at)
      printf(at == 4 || at == 6 || at == 8 || at == 10 ? "-%02x" : "%02x", id[at]);
    printf(", %s, %d.%d\n", address, major, minor);
  }
  return failed != 0;
}
