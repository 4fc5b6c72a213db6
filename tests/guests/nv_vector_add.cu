// Adds two vectors with explicit copies.
#include <vector>

#include "check.cuh"

__global__ void add(const float* a, const float* b, float* c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

int main() {
  const int n = 100003;
  const size_t bytes = n * sizeof(float);
  std::vector<float> a(n), b(n), c(n);
  for (int i = 0; i < n; ++i) a[i] = i, b[i] = 2 * i;
  float *da, *db, *dc;
  TRY(cudaMalloc(&da, bytes));
  TRY(cudaMalloc(&db, bytes));
  TRY(cudaMalloc(&dc, bytes));
  TRY(cudaMemcpy(da, a.data(), bytes, cudaMemcpyHostToDevice));
  TRY(cudaMemcpy(db, b.data(), bytes, cudaMemcpyHostToDevice));
  add<<<(n + 255) / 256, 256>>>(da, db, dc, n);
  TRY(cudaGetLastError());
  TRY(cudaMemcpy(c.data(), dc, bytes, cudaMemcpyDeviceToHost));
  bool good = true;
  for (int i = 0; i < n; ++i) good &= c[i] == 3.0f * i;
  return verdict(good);
}
