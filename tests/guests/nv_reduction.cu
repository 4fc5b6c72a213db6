// Sums a million numbers: shuffles in the warp, shared memory in the block, an atomic over the
// grid.
#include <vector>

#include "check.cuh"

__global__ void sum(const int* in, int n, unsigned long long* out) {
  __shared__ int partial[32];
  int mine = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    mine += in[i];
  for (int step = 16; step > 0; step /= 2) mine += __shfl_down_sync(~0u, mine, step);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = mine;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  mine = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0;
  for (int step = 16; step > 0; step /= 2) mine += __shfl_down_sync(~0u, mine, step);
  if (threadIdx.x == 0) atomicAdd(out, static_cast<unsigned long long>(mine));
}

int main() {
  const int n = 1 << 20;
  std::vector<int> in(n);
  unsigned long long want = 0, got = 0;
  for (int i = 0; i < n; ++i) want += in[i] = i % 1000;
  int* din;
  unsigned long long* dout;
  TRY(cudaMalloc(&din, n * sizeof(int)));
  TRY(cudaMalloc(&dout, sizeof got));
  TRY(cudaMemcpy(din, in.data(), n * sizeof(int), cudaMemcpyHostToDevice));
  TRY(cudaMemset(dout, 0, sizeof got));
  sum<<<64, 256>>>(din, n, dout);
  TRY(cudaMemcpy(&got, dout, sizeof got, cudaMemcpyDeviceToHost));
  return verdict(got == want);
}
