// The few driver entry points that the guests use, declared by hand: a guest needs no CUDA header.
#pragma once
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef unsigned long long DevicePtr;
typedef void* Handle;

#define DRIVER_FUNCTIONS(X)                                                            \
  X(cuInit, (unsigned flags))                                                          \
  X(cuDriverGetVersion, (int* version))                                                \
  X(cuDeviceGetCount, (int* count))                                                    \
  X(cuDeviceGet, (int* device, int ordinal))                                           \
  X(cuDeviceGetName, (char* name, int size, int device))                               \
  X(cuCtxCreate_v2, (Handle * context, unsigned flags, int device))                    \
  X(cuCtxDestroy_v2, (Handle context))                                                 \
  X(cuCtxSynchronize, (void))                                                          \
  X(cuModuleLoadData, (Handle * module, const void* image))                            \
  X(cuModuleGetFunction, (Handle * function, Handle module, const char* name))         \
  X(cuMemAlloc_v2, (DevicePtr * at, size_t bytes))                                     \
  X(cuMemFree_v2, (DevicePtr at))                                                      \
  X(cuMemcpyHtoD_v2, (DevicePtr to, const void* from, size_t bytes))                   \
  X(cuMemcpyDtoH_v2, (void* to, DevicePtr from, size_t bytes))                         \
  X(cuLaunchKernel,                                                                    \
    (Handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, \
     unsigned bz, unsigned shared, Handle stream, void** params, void** extra))

// In a guest that links the library these are its symbols; in one that opens it they are pointers.
#ifdef DRIVER_LINKED
#define X(name, params) extern int name params;
DRIVER_FUNCTIONS(X)
#undef X
static inline void open_driver(const char* library) { (void)library; }
#else
#define X(name, params) static int(*name) params;
DRIVER_FUNCTIONS(X)
#undef X
static inline void open_driver(const char* library) {
  void* handle = dlopen(library, RTLD_NOW);
  if (handle == NULL) {
    printf("no driver: %s\n", dlerror());
    exit(3);
  }
#define X(name, params) *(void**)&name = dlsym(handle, #name);
  DRIVER_FUNCTIONS(X)
#undef X
}
#endif

// Ends the guest, naming the call, when a driver call fails.
#define TRY(call)                                 \
  do {                                            \
    const int status_ = call;                     \
    if (status_ != 0) {                           \
      printf("FAIL: %s is %d\n", #call, status_); \
      exit(1);                                    \
    }                                             \
  } while (0)
