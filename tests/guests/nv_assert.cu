// A device-side assert fails in one thread: the error is cudaErrorAssert, it stays, and the process
// lives.
#include <cassert>

#include "check.cuh"

__global__ void check(int limit) { assert(static_cast<int>(threadIdx.x) < limit); }

int main() {
  check<<<1, 32>>>(32);
  TRY(cudaDeviceSynchronize());
  check<<<1, 32>>>(31);
  bool good = cudaDeviceSynchronize() == cudaErrorAssert;
  void* at;
  good &= cudaMalloc(&at, 16) == cudaErrorAssert;
  return verdict(good);
}
