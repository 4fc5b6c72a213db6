// Multiplies matrices with ldmatrix and mma. With an argument, the number of rows, it says how
// fast.
#include <mma.h>

#include <ctime>

using Words = const unsigned*;
#define MMA(type, out, letter, shape_types)                                               \
  __device__ void mma(type, out* c, Words a, Words b) {                                   \
    asm volatile("mma.sync.aligned." shape_types                                          \
                 " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"       \
                 : "+" letter(c[0]), "+" letter(c[1]), "+" letter(c[2]), "+" letter(c[3]) \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));     \
  }
MMA(half, float, "f", "m16n8k16.row.col.f32.f16.f16.f32")
MMA(__nv_bfloat16, float, "f", "m16n8k16.row.col.f32.bf16.bf16.f32")
MMA(float, float, "f", "m16n8k8.row.col.f32.tf32.tf32.f32")
MMA(signed char, int, "r", "m16n8k32.row.col.s32.s8.s8.s32")
#include "block_product.cuh"
#include "product.cuh"
template <class T, class Out>
bool right(const char* name, double scale, double error, int side, bool timed) {
  const Product<T, Out> p(side, side, side + kStep, true, false, 0, scale);
  std::clock_t best = 0;  // of all threads together
  for (int turn = 0; turn < (timed ? 4 : 1); ++turn) {
    const std::clock_t start = std::clock();
    multiply<<<dim3(side / kBlock, side / kBlock), 128>>>(p.device_a(), p.device_b(), p.result,
                                                          side, p.k);
    TRY(cudaDeviceSynchronize());
    const std::clock_t took = std::clock() - start;
    best = best == 0 || took < best ? took : best;
  }
  if (timed)
    std::printf("%s: %.1f GFLOP a second of one core\n", name,
                2e-9 * side * side * p.k * CLOCKS_PER_SEC / best);
  return p.right(name, 0, error, timed ? 37 : 1);
}
int main(int argc, char** argv) {
  const int side = argc > 1 ? std::atoi(argv[1]) : 128;
  return verdict(right<half, float>("f16", 1.0 / 77, 1e-6, side, argc > 1) &
                 right<__nv_bfloat16, float>("bf16", 1.0 / 77, 1e-6, side, argc > 1) &
                 right<float, float>("tf32", 1.0 / 64, 1e-6, side, argc > 1) &
                 right<signed char, int>("s8", 1, 0, side, argc > 1));
}
