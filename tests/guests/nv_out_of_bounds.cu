// A kernel writes where nothing is, or where only the host has something: the error is
// cudaErrorIllegalAddress, it stays, the process lives.
#include <cstring>

#include "check.cuh"

__global__ void store(int* at) { *at = 1; }

int main(int argc, char** argv) {
  static int of_host[1024];
  int* good_place;
  TRY(cudaMalloc(&good_place, sizeof(int)));
  store<<<1, 1>>>(good_place);
  TRY(cudaDeviceSynchronize());
  int* bad_place = nullptr;
  if (argc > 1 && std::strcmp(argv[1], "far") == 0) bad_place = good_place + (1ull << 32);
  if (argc > 1 && std::strcmp(argv[1], "host") == 0) bad_place = of_host + 512;
  store<<<1, 1>>>(bad_place);
  bool good = cudaDeviceSynchronize() == cudaErrorIllegalAddress;
  good &= of_host[512] == 0;
  good &= cudaFree(good_place) == cudaErrorIllegalAddress;
  return verdict(good);
}
