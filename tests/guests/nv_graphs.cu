// Graphs: a captured fork and join; its parameters are copies, and another capture updates them.
#include "check.cuh"

__global__ void add(int* at, int value, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) at[i] += value;
}

static cudaGraph_t captured(cudaStream_t one, cudaStream_t two, int* a, int* b, int by, int n) {
  cudaEvent_t fork, join;
  cudaGraph_t graph;
  for (cudaEvent_t* event : {&fork, &join}) TRY(cudaEventCreate(event));
  TRY(cudaStreamBeginCapture(one, cudaStreamCaptureModeRelaxed));
  TRY(cudaEventRecord(fork, one));
  TRY(cudaStreamWaitEvent(two, fork));
  for (int i = 0; i < 10; ++i) add<<<(n + 127) / 128, 128, 0, one>>>(a, by + i, n);
  TRY(cudaMemsetAsync(b, 0, n * sizeof(int), two));
  add<<<(n + 127) / 128, 128, 0, two>>>(b, by, n);
  TRY(cudaEventRecord(join, two));
  TRY(cudaStreamWaitEvent(one, join, 0));
  TRY(cudaStreamEndCapture(one, &graph));
  return graph;
}

int main() {
  const int n = 5000;
  int *a, *b;
  cudaStream_t one, two;
  cudaGraphExec_t exec;
  cudaGraphExecUpdateResultInfo info;
  for (int** at : {&a, &b}) TRY(cudaMallocManaged(at, n * sizeof(int)));
  for (int i = 0; i < n; ++i) a[i] = 0;
  for (cudaStream_t* stream : {&one, &two}) TRY(cudaStreamCreate(stream));
  TRY(cudaGraphInstantiate(&exec, captured(one, two, a, b, 1, n), 0));
  for (int i = 0; i < 3; ++i) TRY(cudaGraphLaunch(exec, one));
  TRY(cudaGraphExecUpdate(exec, captured(one, two, a, b, 2, n), &info));
  TRY(cudaGraphLaunch(exec, one));
  TRY(cudaDeviceSynchronize());
  return verdict(a[n - 1] == 3 * 55 + 65 && b[n - 1] == 2);
}
