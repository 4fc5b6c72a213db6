// The product of two matrices by wmma, a warp for each tile of the result.
#pragma once
#include <mma.h>

using namespace nvcuda::wmma;
constexpr int kTiles = 3;
template <int M, int N, int K, class In, class A, class B, class T, class Out>
__global__ void multiply(const T* a, const T* b, Out* c, int sa, int sb, int sc) {
  fragment<matrix_a, M, N, K, In, A> fa;
  fragment<matrix_b, M, N, K, In, B> fb;
  fragment<accumulator, M, N, K, Out> fc;
  const int row = blockIdx.y * M, column = blockIdx.x * N;
  constexpr bool rows_a = std::is_same<A, row_major>::value,
                 rows_b = std::is_same<B, row_major>::value;
  load_matrix_sync(fc, c + row * sc + column, sc, mem_row_major);
  for (int i = 0; i < fc.num_elements; ++i) fc.x[i] = fc.x[i] + fc.x[i];
  for (int k = 0; k < kTiles * K; k += K) {
    load_matrix_sync(fa, a + (rows_a ? row * sa + k : k * sa + row), sa);
    load_matrix_sync(fb, b + (rows_b ? k * sb + column : column * sb + k), sb);
    mma_sync(fc, fa, fb, fc);
  }
  store_matrix_sync(c + row * sc + column, fc, sc, mem_row_major);
}
