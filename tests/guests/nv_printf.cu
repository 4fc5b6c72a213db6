// Prints from the device: every conversion once, from several lanes; the text appears at the
// synchronisation.
#include "check.cuh"

__global__ void speak() {
  if (threadIdx.x < 2) {
    printf("lane %d: %s %5.2f %08x %c %lld %u%%\n", threadIdx.x, "text", 3.14159, 0xbeef, 'z',
           -5000000000ll, 7u);
  }
}

int main() {
  std::puts("before");
  speak<<<1, 32>>>();
  TRY(cudaDeviceSynchronize());
  std::puts("after");
  return 0;
}
