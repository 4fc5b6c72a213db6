// many_probes COUNT [PATH]: asks COUNT times for a file, from two threads.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const char* path = "/dev/nvidia-none";
static long count;

static void* ask(void* unused) {
  (void)unused;
  for (long i = 0; i < count / 2; i++) access(path, F_OK);
  return NULL;
}

int main(int argc, char** argv) {
  if (argc > 2) path = argv[2];
  count = argc > 1 ? atol(argv[1]) : 1000;
  pthread_t other;
  if (pthread_create(&other, NULL, ask, NULL) != 0) return 1;
  ask(NULL);
  return pthread_join(other, NULL) != 0;
}
