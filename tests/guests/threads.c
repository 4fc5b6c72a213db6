// A storm: 8 threads, each probing files and adding vectors in a context of its own, 20 times over.
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vector_add.h"

static void* storm(void* argument) {
  (void)argument;
  struct stat status;
  for (int i = 0; i < 20; ++i) {
    if (stat("/dev/nvidia0", &status) != 0) return "stat failed";
    if (access("/proc/driver/nvidia/version", R_OK) != 0) return "access failed";
    if (access("/nonexistent", F_OK) == 0) return "found what is not there";
    vector_add();
  }
  return NULL;
}

int main(void) {
  open_driver("libcuda.so.1");
  TRY(cuInit(0));
  pthread_t threads[8];
  for (int i = 0; i < 8; ++i) pthread_create(&threads[i], NULL, storm, NULL);
  int failed = 0;
  for (int i = 0; i < 8; ++i) {
    void* why;
    pthread_join(threads[i], &why);
    if (why != NULL) failed = 1, printf("FAIL: %s\n", (const char*)why);
  }
  if (!failed) puts("PASS");
  return failed;
}
