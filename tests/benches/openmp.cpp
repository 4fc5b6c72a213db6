#include <memory>

#include "tests/benches/contender.h"

namespace vgpu::benches {
namespace {

void vector_add(const float* a, const float* b, float* c, int count) {
#pragma omp parallel for simd
  for (int i = 0; i < count; ++i) c[i] = a[i] + b[i];
}

void matrix_mul(const float* __restrict a, const float* __restrict b, float* __restrict c, int n) {
#pragma omp parallel for
  for (int row = 0; row < n; ++row) {
    float* sums = c + row * n;
    for (int col = 0; col < n; ++col) sums[col] = 0;
    for (int k = 0; k < n; ++k) {
      const float factor = a[row * n + k];
      for (int col = 0; col < n; ++col) sums[col] += factor * b[k * n + col];
    }
  }
}

float reduction(const float* a, int count) {
  float sum = 0;
#pragma omp parallel for simd reduction(+ : sum)
  for (int i = 0; i < count; ++i) sum += a[i];
  return sum;
}

}  // namespace

void add_openmp(const Input& input, std::vector<Contender>& contenders) {
  auto c = std::make_shared<std::vector<float>>(Input::kCount);
  auto product = std::make_shared<std::vector<float>>(Input::kSide * Input::kSide);
  auto sum = std::make_shared<float>();
  const float* a = input.a.data();
  const float* b = input.b.data();
  contenders.push_back({"vector_add", "openmp", [=] { vector_add(a, b, c->data(), Input::kCount); },
                        [=] { return *c; }});
  for (const char* const kernel : {"matrix_mul", "matrix_f16"})
    contenders.push_back({kernel, "openmp",
                          [=] { matrix_mul(a, b, product->data(), Input::kSide); },
                          [=] { return *product; }});
  contenders.push_back({"reduction", "openmp", [=] { *sum = reduction(a, Input::kCount); },
                        [=] { return std::vector<float>{*sum}; }});
}

}  // namespace vgpu::benches
