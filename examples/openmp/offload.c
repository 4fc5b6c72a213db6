// A plain C program that hands two loops to a GPU if there is one, and says where they ran.
// gcc -O2 -fopenmp -foffload=nvptx-none -foffload-options=nvptx-none=-misa=sm_75 offload.c -lm
#include <math.h>
#include <omp.h>
#include <stdio.h>

enum { kCount = 1 << 20 };
static double a[kCount], b[kCount], c[kCount];

int main(void) {
  for (int i = 0; i < kCount; ++i) {
    a[i] = i;
    b[i] = 2.0 * i;
  }

  int on_host = 1;
#pragma omp target teams distribute parallel for map(to : a, b) map(from : c) map(tofrom : on_host)
  for (int i = 0; i < kCount; ++i) {
    c[i] = a[i] + b[i];
    if (i == 0) on_host = omp_is_initial_device();
  }

  double sum = 0;
#pragma omp target teams distribute parallel for map(to : c) map(tofrom : sum) reduction(+ : sum)
  for (int i = 0; i < kCount; ++i) sum += c[i];

  int wrong = 0;
  for (int i = 0; i < kCount; ++i) wrong += c[i] != 3.0 * i;
  const double want = 3.0 * kCount * (kCount - 1.0) / 2;
  wrong += fabs(sum - want) > 1e-9 * want;

  printf("devices: %d\n", omp_get_num_devices());
  printf("ran on: %s\n", on_host ? "the host (no GPU found)" : "the GPU");
  printf("sum: %.0f, %s\n", sum, wrong ? "WRONG" : "as expected");
  return wrong != 0;
}
