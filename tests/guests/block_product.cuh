// A product of matrices as libraries write it: tiles in shared memory, loaded by ldmatrix; each of
// a block's four warps has 32 x 32 elements. mma(T, sums, a, b) is given: a tile of 16 x 32 bytes
// times one of 8 x 32 bytes.
#pragma once

constexpr int kBlock = 64, kWarp = 32, kStep = 64;  // rows and columns; bytes of a row at a time

__device__ void load_tile(unsigned* to, const char* row) {
  const auto at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(at));
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
      unsigned fa[2][4], fb[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        load_tile(fa[i], &ta[row + 16 * i + lane % 16][byte + lane / 16 * 16]);
        load_tile(fb[i], &tb[column + 16 * i + lane / 16 * 8 + lane % 8][byte + lane / 8 % 2 * 16]);
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
