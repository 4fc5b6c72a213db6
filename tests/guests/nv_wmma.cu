// Products of matrices by wmma, of every type and shape, by one warp for each tile, against the
// same sums on the host. Strides are longer than the rows.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cmath>
#include <vector>

#include "check.cuh"
namespace wmma = nvcuda::wmma;
constexpr int kTiles = 3, kPad = 16;

template <int M, int N, int K, class In, class Stored, class Out, class LayoutA, class LayoutB>
__global__ void multiply(const Stored* a, const Stored* b, Out* c, int stride_a, int stride_b,
                         int stride_c) {
  wmma::fragment<wmma::matrix_a, M, N, K, In, LayoutA> fa;
  wmma::fragment<wmma::matrix_b, M, N, K, In, LayoutB> fb;
  wmma::fragment<wmma::accumulator, M, N, K, Out> fc;
  const int row = blockIdx.y * M, column = blockIdx.x * N;
  constexpr bool rows_a = std::is_same<LayoutA, wmma::row_major>::value;
  constexpr bool rows_b = std::is_same<LayoutB, wmma::row_major>::value;
  Out* const at = c + row * stride_c + column;
  wmma::load_matrix_sync(fc, at, stride_c, wmma::mem_row_major);
  for (int i = 0; i < fc.num_elements; ++i) fc.x[i] = fc.x[i] + fc.x[i];
  for (int k = 0; k < kTiles * K; k += K) {
    wmma::load_matrix_sync(fa, a + (rows_a ? row * stride_a + k : k * stride_a + row), stride_a);
    wmma::load_matrix_sync(fb, b + (rows_b ? k * stride_b + column : column * stride_b + k), stride_b);
    wmma::mma_sync(fc, fa, fb, fc);
  }
  wmma::store_matrix_sync(at, fc, stride_c, wmma::mem_row_major);
}

template <class T>
struct OnDevice {
  T* at = nullptr;
  explicit OnDevice(const std::vector<T>& from) {
    TRY(cudaMalloc(&at, from.size() * sizeof(T)));
    TRY(cudaMemcpy(at, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~OnDevice() { cudaFree(at); }
};

double value(double x) { return x; }
template <class T>
T made(double x) { return static_cast<T>(static_cast<float>(x)); }
template <>
double made<double>(double x) { return x; }

template <int M, int N, int K, class In, class Stored, class Out, class LayoutA, class LayoutB>
bool right(const char* name, double scale, double error) {
  constexpr bool rows_a = std::is_same<LayoutA, wmma::row_major>::value;
  constexpr bool rows_b = std::is_same<LayoutB, wmma::row_major>::value;
  const int m = M * kTiles, n = N * kTiles, k = K * kTiles;
  const int sa = (rows_a ? k : m) + kPad, sb = (rows_b ? n : k) + kPad, sc = n + kPad;
  std::vector<Stored> a(size_t(sa) * (rows_a ? m : k)), b(size_t(sb) * (rows_b ? k : n));
  std::vector<Out> c(size_t(sc) * m), got(c.size());
  unsigned seed = 1;
  const auto random = [&] { return (int)((seed = seed * 1664525 + 1013904223) >> 24) * scale; };
  for (auto& x : a) x = made<Stored>(random());
  for (auto& x : b) x = made<Stored>(random());
  for (auto& x : c) x = made<Out>(random());
  OnDevice<Stored> da(a), db(b);
  OnDevice<Out> dc(c);
  multiply<M, N, K, In, Stored, Out, LayoutA, LayoutB>
      <<<dim3(kTiles, kTiles), 32>>>(da.at, db.at, dc.at, sa, sb, sc);
  TRY(cudaMemcpy(got.data(), dc.at, got.size() * sizeof(Out), cudaMemcpyDeviceToHost));
  double worst = 0;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 2 * value(c[i * sc + j]), size = std::fabs(sum);
      for (int l = 0; l < k; ++l) {
        const double product = value(a[rows_a ? i * sa + l : l * sa + i]) *
                               value(b[rows_b ? l * sb + j : j * sb + l]);
        sum += product, size += std::fabs(product);
      }
      worst = std::fmax(worst, std::fabs(value(got[i * sc + j]) - sum) / (size + 1e-30));
    }
  for (int i = 0; i < m; ++i)
    for (int j = n; j < sc; ++j) worst = value(got[i * sc + j]) == value(c[i * sc + j]) ? worst : 9;
  if (worst > error) std::printf("FAIL: %s m%dn%dk%d: error %g\n", name, M, N, K, worst);
  return worst <= error;
}

template <int M, int N, int K, class In, class Stored, class Out>
bool orders(const char* name, double scale, double error) {
  using Row = wmma::row_major;
  using Col = wmma::col_major;
  return right<M, N, K, In, Stored, Out, Row, Row>(name, scale, error) &
         right<M, N, K, In, Stored, Out, Row, Col>(name, scale, error) &
         right<M, N, K, In, Stored, Out, Col, Row>(name, scale, error) &
         right<M, N, K, In, Stored, Out, Col, Col>(name, scale, error);
}

template <class In, class Out>
bool shapes(const char* name, double scale, double error) {
  return orders<16, 16, 16, In, In, Out>(name, scale, error) &
         orders<32, 8, 16, In, In, Out>(name, scale, error) &
         orders<8, 32, 16, In, In, Out>(name, scale, error);
}

int main() {
  bool good = shapes<half, float>("f16, f32", 1.0 / 77, 1e-6);
  good &= shapes<half, half>("f16, f16", 1.0 / 777, 1e-3);
  good &= shapes<__nv_bfloat16, float>("bf16", 1.0 / 77, 1e-6);
  good &= shapes<signed char, int>("s8", 0.49, 0);
  good &= shapes<unsigned char, int>("u8", 1, 0);
  good &= orders<16, 16, 8, wmma::precision::tf32, float, float>("tf32", 1.0 / 64, 1e-6);
  good &= orders<8, 8, 4, double, double, double>("f64", 1.0 / 77, 1e-14);
  return verdict(good);
}
