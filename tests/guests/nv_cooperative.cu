// The blocks of a grid meet with cooperative groups: each round reads what the round before wrote
// elsewhere. Then blocks of an ordinary grid hand a number down from the last to the first.
#include <cooperative_groups.h>

#include "check.cuh"

__global__ void turns(int* from, int* to, int n, int rounds) {
  const auto grid = cooperative_groups::this_grid();
  for (int round = 0; round < rounds; ++round) {
    for (unsigned i = grid.thread_rank(); i < n; i += grid.size()) to[i] = from[(i + 1) % n] + 1;
    grid.sync();
    int* const other = to;
    to = from, from = other;
  }
}

__global__ void hand_down(volatile int* numbers) {
  if (threadIdx.x != 32) return;  // of the second warp
  const int next = blockIdx.x + 1;
  while (next != gridDim.x && numbers[next] == 0) {
  }
  __threadfence();
  numbers[blockIdx.x] = next == gridDim.x ? 1 : numbers[next] + 1;
}

int main() {
  int n = 10000, rounds = 10, blocks = 37, *from, *to;
  TRY(cudaMallocManaged(&from, n * sizeof(int)));
  TRY(cudaMallocManaged(&to, n * sizeof(int)));
  void* params[] = {&from, &to, &n, &rounds};
  TRY(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(turns), blocks, 96, params));
  TRY(cudaDeviceSynchronize());
  bool good = true;
  for (int i = 0; i < n; ++i) good &= from[i] == rounds;
  TRY(cudaMemset(to, 0, n * sizeof(int)));
  hand_down<<<blocks, 64>>>(to);
  TRY(cudaDeviceSynchronize());
  for (int i = 0; i < blocks; ++i) good &= to[i] == blocks - i;
  return verdict(good);
}
