// Lanes of a warp loop for different lengths, leave early, and meet again in votes.
#include <vector>

#include "check.cuh"

__host__ __device__ int collatz(unsigned x) {
  int steps = 0;
  while (x != 1) {
    x = x % 2 == 0 ? x / 2 : 3 * x + 1;
    if (++steps == 100) break;
  }
  return steps;
}

__global__ void diverge(int* out, unsigned* votes, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int steps = i < n ? collatz(i + 1) : -1;
  const unsigned odd = __ballot_sync(~0u, steps >= 0 && steps % 2 == 1);
  if (i >= n) return;
  if (threadIdx.x % 32 == 0) votes[i / 32] = odd;
  out[i] = i % 3 == 0 ? steps : i % 3 == 1 ? steps + 1000 : -steps;
}

int main() {
  const int n = 1000;
  int *out, host[n];
  unsigned *votes, host_votes[(n + 31) / 32];
  TRY(cudaMalloc(&out, sizeof host));
  TRY(cudaMalloc(&votes, sizeof host_votes));
  diverge<<<8, 128>>>(out, votes, n);
  TRY(cudaMemcpy(host, out, sizeof host, cudaMemcpyDeviceToHost));
  TRY(cudaMemcpy(host_votes, votes, sizeof host_votes, cudaMemcpyDeviceToHost));
  bool good = true;
  for (int i = 0; i < n; ++i) {
    const int steps = collatz(i + 1);
    good &= host[i] == (i % 3 == 0 ? steps : i % 3 == 1 ? steps + 1000 : -steps);
    good &= (host_votes[i / 32] >> i % 32 & 1) == (steps % 2 == 1);
  }
  return verdict(good);
}
