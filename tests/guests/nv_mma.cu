// Products of matrices by ldmatrix and mma, as libraries write them: each of a block's four warps
// has 32 x 32 elements. Checked against the same sums on the host; with an argument, timed.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <cstdint>
#include <ctime>
#include <vector>

#include "check.cuh"
constexpr int kBlock = 64, kWarp = 32, kStep = 64;  // rows and columns; bytes of a row at a time

// A tile of 16 x 32 bytes times one of 8 x 32 bytes.
#define MMA(shape_types, acc, letter)                                                          \
  asm volatile("mma.sync.aligned." shape_types                                                 \
               " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"              \
               : "+" letter(acc[0]), "+" letter(acc[1]), "+" letter(acc[2]), "+" letter(acc[3]) \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))
using Registers = const uint32_t*;
__device__ void mma(half, float* c, Registers a, Registers b) {
  MMA("m16n8k16.row.col.f32.f16.f16.f32", c, "f");
}
__device__ void mma(__nv_bfloat16, float* c, Registers a, Registers b) {
  MMA("m16n8k16.row.col.f32.bf16.bf16.f32", c, "f");
}
__device__ void mma(float, float* c, Registers a, Registers b) {
  MMA("m16n8k8.row.col.f32.tf32.tf32.f32", c, "f");
}
__device__ void mma(signed char, int* c, Registers a, Registers b) {
  MMA("m16n8k32.row.col.s32.s8.s8.s32", c, "r");
}

__device__ void load(uint32_t* to, const char* row) {
  const auto at = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(at));
}

// c (m x n) = a (m x k, by rows) * b (k x n, by columns).
template <class T, class Out>
__global__ void multiply(const T* a, const T* b, Out* c, int n, int k) {
  __shared__ __align__(16) char ta[kBlock][kStep + 16], tb[kBlock][kStep + 16];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int row = warp / 2 * kWarp, column = warp % 2 * kWarp;
  const size_t pitch = k * sizeof(T);
  const char* from_a = reinterpret_cast<const char*>(a) + blockIdx.y * kBlock * pitch;
  const char* from_b = reinterpret_cast<const char*>(b) + blockIdx.x * kBlock * pitch;
  Out sums[2][4][4] = {};
  for (size_t at = 0; at < pitch; at += kStep) {
    for (int piece = threadIdx.x; piece < kBlock * kStep / 16; piece += blockDim.x) {
      const int line = piece / (kStep / 16), byte = piece % (kStep / 16) * 16;
      *reinterpret_cast<int4*>(&ta[line][byte]) =
          *reinterpret_cast<const int4*>(from_a + line * pitch + at + byte);
      *reinterpret_cast<int4*>(&tb[line][byte]) =
          *reinterpret_cast<const int4*>(from_b + line * pitch + at + byte);
    }
    __syncthreads();
#pragma unroll
    for (int byte = 0; byte < kStep; byte += 32) {
      uint32_t fa[2][4], fb[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        load(fa[i], &ta[row + 16 * i + lane % 16][byte + lane / 16 * 16]);
        load(fb[i], &tb[column + 16 * i + lane / 16 * 8 + lane % 8][byte + lane / 8 % 2 * 16]);
      }
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) mma(T{}, sums[i][j], fa[i], fb[j / 2] + j % 2 * 2);
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      for (int x = 0; x < 4; ++x)
        c[size_t(blockIdx.y * kBlock + row + 16 * i + lane / 4 + x / 2 * 8) * n +
          blockIdx.x * kBlock + column + 8 * j + lane % 4 * 2 + x % 2] = sums[i][j][x];
}

template <class T, class Out>
bool right(const char* name, double scale, double error, int side, bool timed) {
  const int k = side + kStep;
  const size_t count = size_t(side) * k;
  std::vector<T> a(count), b(count);
  std::vector<Out> c(size_t(side) * side);
  unsigned seed = 1;
  const auto random = [&] {
    return T(float((int((seed = seed * 1664525 + 1013904223) >> 24) - 128) * scale));
  };
  for (size_t i = 0; i < count; ++i) a[i] = random(), b[i] = random();
  T* d;
  Out* dc;
  TRY(cudaMalloc(&d, 2 * count * sizeof(T)));
  TRY(cudaMalloc(&dc, c.size() * sizeof(Out)));
  TRY(cudaMemcpy(d, a.data(), count * sizeof(T), cudaMemcpyHostToDevice));
  TRY(cudaMemcpy(d + count, b.data(), count * sizeof(T), cudaMemcpyHostToDevice));
  double best = 1e9;
  for (int turn = 0; turn < (timed ? 4 : 1); ++turn) {
    const std::clock_t start = std::clock();  // of all threads together
    multiply<<<dim3(side / kBlock, side / kBlock), 128>>>(d, d + count, dc, side, k);
    TRY(cudaDeviceSynchronize());
    const double took = double(std::clock() - start) / CLOCKS_PER_SEC;
    if (timed && turn == 0) std::printf("%s: first launch %.0f ms\n", name, took * 1e3);
    best = std::fmin(best, took);
  }
  if (timed) std::printf("%s: %.1f GFLOP in a processor's second\n", name, 2e-9 * side * side * k / best);
  TRY(cudaMemcpy(c.data(), dc, c.size() * sizeof(Out), cudaMemcpyDeviceToHost));
  TRY(cudaFree(d));
  TRY(cudaFree(dc));
  double worst = 0;
  for (int i = 0; i < side; i += timed ? 37 : 1)
    for (int j = 0; j < side; ++j) {
      double sum = 0, size = 0;
      for (int l = 0; l < k; ++l) {
        const double product = double(float(a[size_t(i) * k + l])) * float(b[size_t(j) * k + l]);
        sum += product, size += std::fabs(product);
      }
      worst = std::fmax(worst, std::fabs(c[size_t(i) * side + j] - sum) / (size + 1e-30));
    }
  if (worst > error) std::printf("FAIL: %s: error %g\n", name, worst);
  return worst <= error;
}

int main(int argc, char** argv) {
  const int side = argc > 1 ? std::atoi(argv[1]) : 128;
  bool good = right<half, float>("f16", 1.0 / 77, 1e-6, side, argc > 1);
  good &= right<__nv_bfloat16, float>("bf16", 1.0 / 77, 1e-6, side, argc > 1);
  good &= right<float, float>("tf32", 1.0 / 64, 1e-6, side, argc > 1);
  good &= right<signed char, int>("s8", 1, 0, side, argc > 1);
  return verdict(good);
}
