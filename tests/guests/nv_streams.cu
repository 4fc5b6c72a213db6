// Streams: order within one, a wait across two by an event, a host function in its turn.
#include "check.cuh"

__global__ void scale(int* at, int by, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) at[i] = at[i] * by + 1;
}

__global__ void join(const int* a, const int* b, int* c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] - b[i];
}

int main() {
  const int n = 10000;
  int *a, *b, *c, *host, called = 0;
  TRY(cudaMalloc(&a, n * sizeof(int)));
  TRY(cudaMalloc(&b, n * sizeof(int)));
  TRY(cudaMalloc(&c, n * sizeof(int)));
  TRY(cudaMallocHost(&host, n * sizeof(int)));
  cudaStream_t one, two;
  cudaEvent_t done;
  TRY(cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking));
  TRY(cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking));
  TRY(cudaEventCreate(&done));
  TRY(cudaMemsetAsync(a, 0, n * sizeof(int), one));
  TRY(cudaMemsetAsync(b, 0, n * sizeof(int), two));
  for (int i = 0; i < 5; ++i) scale<<<79, 128, 0, one>>>(a, 3, n);
  for (int i = 0; i < 5; ++i) scale<<<79, 128, 0, two>>>(b, 2, n);
  TRY(cudaEventRecord(done, two));
  TRY(cudaStreamWaitEvent(one, done, 0));
  join<<<79, 128, 0, one>>>(a, b, c, n);
  TRY(cudaMemcpyAsync(host, c, n * sizeof(int), cudaMemcpyDeviceToHost, one));
  TRY(cudaLaunchHostFunc(
      one, [](void* at) { ++*static_cast<int*>(at); }, &called));
  TRY(cudaStreamSynchronize(one));
  bool good = called == 1 && cudaEventQuery(done) == cudaSuccess;
  for (int i = 0; i < n; ++i) good &= host[i] == 121 - 31;
  return verdict(good);
}
