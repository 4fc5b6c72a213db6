// vectorAdd as every CUDA course begins: nvcc -arch=compute_75 -code=compute_75 vector_add.cu
#include <cstdio>
#include <cstdlib>
#include <vector>

__global__ void add(const float* a, const float* b, float* c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

static void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::printf("%s: %s\nFAIL\n", what, cudaGetErrorString(status));
  std::exit(1);
}

int main() {
  const int n = 100000;
  const size_t bytes = n * sizeof(float);
  std::vector<float> a(n), b(n), c(n);
  for (int i = 0; i < n; ++i) a[i] = i, b[i] = 2 * i;

  cudaDeviceProp device;
  check(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
  std::printf("device 0: %s, compute capability %d.%d\n", device.name, device.major, device.minor);

  float *da, *db, *dc;
  check(cudaMalloc(&da, bytes), "cudaMalloc");
  check(cudaMalloc(&db, bytes), "cudaMalloc");
  check(cudaMalloc(&dc, bytes), "cudaMalloc");
  check(cudaMemcpy(da, a.data(), bytes, cudaMemcpyHostToDevice), "copy to the device");
  check(cudaMemcpy(db, b.data(), bytes, cudaMemcpyHostToDevice), "copy to the device");
  add<<<(n + 255) / 256, 256>>>(da, db, dc, n);
  check(cudaGetLastError(), "launch");
  check(cudaMemcpy(c.data(), dc, bytes, cudaMemcpyDeviceToHost), "copy from the device");

  int wrong = 0;
  for (int i = 0; i < n; ++i) wrong += c[i] != 3.0f * i;
  std::printf("%d of %d sums are right\n%s\n", n - wrong, n, wrong ? "FAIL" : "PASS");
  return wrong != 0;
}
