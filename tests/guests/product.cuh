// The host's side of the guests that multiply matrices: c = factor * c + a * b, where rows (or
// columns) of each are longer than they need be.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.cuh"

template <class T, class Out>
struct Product {
  int m, n, k;
  bool rows_a, rows_b;  // of a and of b: rows lie one after the other, else columns
  int stride_a, stride_b, stride_c;
  std::vector<T> a, b;
  std::vector<Out> c;
  T* on_device = nullptr;
  Out* result = nullptr;

  Product(int m_, int n_, int k_, bool rows_a_, bool rows_b_, int pad, double scale)
      : m(m_), n(n_), k(k_), rows_a(rows_a_), rows_b(rows_b_) {
    stride_a = (rows_a ? k : m) + pad, stride_b = (rows_b ? n : k) + pad, stride_c = n + pad;
    a.resize(size_t(stride_a) * (rows_a ? m : k)), b.resize(size_t(stride_b) * (rows_b ? k : n));
    c.resize(size_t(stride_c) * m);
    unsigned seed = 1;
    const auto random = [&] {
      return (int((seed = seed * 1664525 + 1013904223) >> 24) - (T(-1) < T(0) ? 128 : 0)) * scale;
    };
    for (auto& x : a) x = T(float(random()));
    for (auto& x : b) x = T(float(random()));
    for (auto& x : c) x = Out(float(random()));
    TRY(cudaMalloc(&on_device, (a.size() + b.size()) * sizeof(T)));
    TRY(cudaMalloc(&result, c.size() * sizeof(Out)));
    TRY(cudaMemcpy(on_device, a.data(), a.size() * sizeof(T), cudaMemcpyHostToDevice));
    TRY(cudaMemcpy(on_device + a.size(), b.data(), b.size() * sizeof(T), cudaMemcpyHostToDevice));
    TRY(cudaMemcpy(result, c.data(), c.size() * sizeof(Out), cudaMemcpyHostToDevice));
  }
  ~Product() { cudaFree(on_device), cudaFree(result); }
  const T* device_a() const { return on_device; }
  const T* device_b() const { return on_device + a.size(); }

  // The error of the device's elements may be `error` of the sum of what they are the sum of;
  // beside them nothing may have changed. Looks at every `step`-th row.
  bool right(const char* name, double factor, double error, int step = 1) const {
    TRY(cudaGetLastError());
    std::vector<Out> got(c.size());
    TRY(cudaMemcpy(got.data(), result, got.size() * sizeof(Out), cudaMemcpyDeviceToHost));
    double worst = 0;
    for (int i = 0; i < m; i += step) {
      for (int j = 0; j < n; ++j) {
        double sum = factor * double(c[size_t(i) * stride_c + j]), size = std::fabs(sum);
        for (int l = 0; l < k; ++l) {
          const double product =
              double(a[rows_a ? size_t(i) * stride_a + l : size_t(l) * stride_a + i]) *
              double(b[rows_b ? size_t(l) * stride_b + j : size_t(j) * stride_b + l]);
          sum += product, size += std::fabs(product);
        }
        worst = std::fmax(worst,
                          std::fabs(double(got[size_t(i) * stride_c + j]) - sum) / (size + 1e-30));
      }
      for (int j = n; j < stride_c; ++j)
        if (double(got[size_t(i) * stride_c + j]) != double(c[size_t(i) * stride_c + j])) worst = 9;
    }
    if (!(worst <= error)) std::printf("FAIL: %s, m%dn%dk%d: error %g\n", name, m, n, k, worst);
    return worst <= error;
  }
};
