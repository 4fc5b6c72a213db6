#pragma once

#include <functional>
#include <string>
#include <vector>

namespace vgpu::benches {

/// What all contenders compute on.
struct Input {
  static constexpr int kCount = 1 << 24;  ///< of the vectors
  static constexpr int kSide = 512;       ///< of the square matrices, a multiple of kTile
  static constexpr int kTile = 16;
  static constexpr int kBlock = 256;   ///< threads a block of the vector kernels
  static constexpr int kBlocks = 256;  ///< blocks of the reduction; one partial sum each

  std::vector<float> a, b;  ///< kCount each; the matrices are their beginnings
};

/// One way to compute one thing. `run` is what is measured: inputs and outputs stay where the
/// contender has them, and it returns when the result is complete.
struct Contender {
  std::string kernel;  ///< "vector_add", "matrix_mul", "matrix_f16" or "reduction"
  std::string name;    ///< "device", "openmp" or "pocl"
  std::function<void()> run;
  std::function<std::vector<float>()> result;  ///< the reduction's is one number
};

/// Each adds its contenders; one that is not on this machine says so and adds none.
void add_device(const Input& input, std::vector<Contender>& contenders);
void add_openmp(const Input& input, std::vector<Contender>& contenders);
void add_opencl(const Input& input, std::vector<Contender>& contenders);

}  // namespace vgpu::benches
