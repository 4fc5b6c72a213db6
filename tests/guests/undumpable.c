// Nobody may read this process; what it asks for cannot be seen.
#include <sys/prctl.h>
#include <unistd.h>

int main(void) {
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
  return access("/dev/nvidia0", F_OK) == 0;
}
