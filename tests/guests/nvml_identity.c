// Says who each GPU is, as NVML tells it: NAME, UUID, ADDRESS, CAPABILITY.
#include <dlfcn.h>
#include <stdio.h>

#define CALL(name, ...) ((int (*)())dlsym(nvml, #name))(__VA_ARGS__)

struct PciInfo {
  char legacy[16];
  unsigned domain, bus, device, id, subsystem;
  char address[32];
};

int main(void) {
  void* nvml = dlopen("libnvidia-ml.so.1", RTLD_NOW);
  if (nvml == NULL) return 3;
  unsigned count = 0;
  int major, minor;
  int failed = CALL(nvmlInit_v2) | CALL(nvmlDeviceGetCount_v2, &count);
  for (unsigned i = 0; i < count; ++i) {
    void* device;
    char name[96], uuid[96];
    struct PciInfo pci;
    failed |= CALL(nvmlDeviceGetHandleByIndex_v2, i, &device) |
              CALL(nvmlDeviceGetName, device, name, (unsigned)sizeof name) |
              CALL(nvmlDeviceGetUUID, device, uuid, (unsigned)sizeof uuid) |
              CALL(nvmlDeviceGetPciInfo_v3, device, &pci) |
              CALL(nvmlDeviceGetCudaComputeCapability, device, &major, &minor);
    printf("%s, %s, %s, %d.%d\n", name, uuid, pci.legacy, major, minor);
  }
  return failed != 0;
}
