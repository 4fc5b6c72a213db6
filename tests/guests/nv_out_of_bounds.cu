// A kernel writes where nothing is: the error is cudaErrorIllegalAddress, it stays, the process
// lives.
#include "check.cuh"

__global__ void store(int* at) { *at = 1; }

int main(int argc, char**) {
  int* good_place;
  TRY(cudaMalloc(&good_place, sizeof(int)));
  store<<<1, 1>>>(good_place);
  TRY(cudaDeviceSynchronize());
  int* bad_place = argc < 2 ? nullptr : good_place + (1ull << 32);
  store<<<1, 1>>>(bad_place);
  bool good = cudaDeviceSynchronize() == cudaErrorIllegalAddress;
  good &= cudaFree(good_place) == cudaErrorIllegalAddress;
  return verdict(good);
}
