// A library that needs the driver by name, as ggml's CUDA backend does; its caller opens it and
// asks for a list of devices: one line for each, NAME, CAPABILITY, MiB, UUID, driver, free MiB.
#define DRIVER_LINKED
#include "driver.h"

extern int cuDeviceGetUuid_v2(unsigned char* uuid, int device);
extern int cuDeviceGetAttribute(int* value, int attribute, int device);
extern int cuMemGetInfo_v2(size_t* free_bytes, size_t* total);

void list_devices(void) {
  int count = 0, version = 0, device, major, minor;
  TRY(cuInit(0));
  TRY(cuDriverGetVersion(&version));
  TRY(cuDeviceGetCount(&count));
  for (int i = 0; i < count; ++i) {
    char name[256];
    unsigned char id[16];
    size_t free_bytes, total;
    Handle context;
    TRY(cuDeviceGet(&device, i));
    TRY(cuDeviceGetName(name, sizeof name, device));
    TRY(cuDeviceGetUuid_v2(id, device));
    TRY(cuDeviceGetAttribute(&major, 75, device));
    TRY(cuDeviceGetAttribute(&minor, 76, device));
    TRY(cuCtxCreate_v2(&context, 0, device));
    TRY(cuMemGetInfo_v2(&free_bytes, &total));
    printf("Device %d: %s, compute capability %d.%d, VRAM: %zu MiB, GPU-", i, name, major, minor,
           total >> 20);
    for (int at = 0; at < 16; ++at)
      printf(at == 4 || at == 6 || at == 8 || at == 10 ? "-%02x" : "%02x", id[at]);
    printf(", driver %d.%d, %zu MiB free\n", version / 1000, version % 1000 / 10, free_bytes >> 20);
    TRY(cuCtxDestroy_v2(context));
  }
  fflush(stdout);
}
