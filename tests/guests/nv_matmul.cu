// Multiplies matrices by tiles in shared memory; their size is no multiple of the tile.
#include <vector>

#include "check.cuh"
constexpr int kTile = 16, kN = 100;

__global__ void multiply(const float* a, const float* b, float* c) {
  __shared__ float ta[kTile][kTile], tb[kTile][kTile];
  const int x = threadIdx.x, col = blockIdx.x * kTile + x;
  const int y = threadIdx.y, row = blockIdx.y * kTile + y;
  float sum = 0;
  for (int k = 0; k < kN; k += kTile) {
    ta[y][x] = row < kN && k + x < kN ? a[row * kN + k + x] : 0;
    tb[y][x] = col < kN && k + y < kN ? b[(k + y) * kN + col] : 0;
    __syncthreads();
    for (int i = 0; i < kTile; ++i) sum += ta[y][i] * tb[i][x];
    __syncthreads();
  }
  if (row < kN && col < kN) c[row * kN + col] = sum;
}

int main() {
  const size_t count = kN * kN, bytes = count * sizeof(float);
  std::vector<float> a(count), b(count), c(count);
  for (size_t i = 0; i < count; ++i) a[i] = i % 7, b[i] = i % 5;
  float* d;
  TRY(cudaMalloc(&d, 3 * bytes));
  TRY(cudaMemcpy(d, a.data(), bytes, cudaMemcpyHostToDevice));
  TRY(cudaMemcpy(d + count, b.data(), bytes, cudaMemcpyHostToDevice));
  multiply<<<dim3(7, 7), dim3(kTile, kTile)>>>(d, d + count, d + 2 * count);
  TRY(cudaMemcpy(c.data(), d + 2 * count, bytes, cudaMemcpyDeviceToHost));
  bool good = true;
  for (int row = 0; row < kN; ++row)
    for (int col = 0; col < kN; ++col) {
      float sum = 0;
      for (int k = 0; k < kN; ++k) sum += a[row * kN + k] * b[k * kN + col];
      good &= c[row * kN + col] == sum;
    }
  return verdict(good);
}
