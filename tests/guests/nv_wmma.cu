// Multiplies matrices with wmma in all shapes, types and orders, a warp for each tile of the
// result.
#include <mma.h>

#include "product.cuh"
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
template <int M, int N, int K, class In, class T, class Out, class A, class B>
bool order(double scale, double error) {
  const bool rows_a = std::is_same<A, row_major>::value, rows_b = std::is_same<B, row_major>::value;
  const Product<T, Out> p(M * kTiles, N * kTiles, K * kTiles, rows_a, rows_b, 16, scale);
  multiply<M, N, K, In, A, B><<<dim3(kTiles, kTiles), 32>>>(p.device_a(), p.device_b(), p.result,
                                                            p.stride_a, p.stride_b, p.stride_c);
  return p.right(__PRETTY_FUNCTION__, 2, error);
}
template <int M, int N, int K, class In, class T, class Out>
bool orders(double x, double error) {
  return order<M, N, K, In, T, Out, row_major, row_major>(x, error) &
         order<M, N, K, In, T, Out, row_major, col_major>(x, error) &
         order<M, N, K, In, T, Out, col_major, row_major>(x, error) &
         order<M, N, K, In, T, Out, col_major, col_major>(x, error);
}
#define SHAPES(T, Out, x, error)                                                      \
  (orders<16, 16, 16, T, T, Out>(x, error) & orders<32, 8, 16, T, T, Out>(x, error) & \
   orders<8, 32, 16, T, T, Out>(x, error))
int main() {
  return verdict(SHAPES(half, float, 1.0 / 77, 1e-6) & SHAPES(half, half, 1.0 / 777, 1e-3) &
                 SHAPES(__nv_bfloat16, float, 1.0 / 77, 1e-6) & SHAPES(signed char, int, 1, 0) &
                 SHAPES(unsigned char, int, 1, 0) &
                 orders<16, 16, 8, precision::tf32, float, float>(1.0 / 64, 1e-6) &
                 orders<8, 8, 4, double, double, double>(1.0 / 77, 1e-14));
}
