// many_calls THREADS CALLS [close]: each thread makes so many calls; `close`: after cuInit the
// program closes all descriptors but its own three, and a last call ends it.
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

static int calls;

static void* call(void* unused) {
  int count;
  (void)unused;
  for (int i = 0; i < calls; ++i) TRY(cuDeviceGetCount(&count));
  return NULL;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  int threads = atoi(argv[1]), version;
  pthread_t thread[64];
  calls = atoi(argv[2]);
  open_driver("libcuda.so.1");
  TRY(cuInit(0));
  if (argc > 3 && strcmp(argv[3], "close") == 0)
    for (int fd = 3; fd < 1024; ++fd) close(fd);
  for (int i = 0; i < threads; ++i) pthread_create(&thread[i], NULL, call, NULL);
  for (int i = 0; i < threads; ++i) pthread_join(thread[i], NULL);
  TRY(cuDriverGetVersion(&version));
  puts("PASS");
  return 0;
}
