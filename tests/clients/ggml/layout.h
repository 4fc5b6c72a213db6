#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ggml {

/// The sizes of a model.
struct Sizes {
  std::uint32_t layers = 2;
  std::uint32_t width = 256;
  std::uint32_t heads = 4;
  std::uint32_t kv_heads = 2;
  std::uint32_t head = 64;
  std::uint32_t inner = 512;
  std::uint32_t vocabulary = 512;
  std::uint32_t context = 4096;
  std::uint32_t experts = 4;  ///< where the layout has them
  std::uint32_t experts_used = 2;
};

/// One tensor of a model. A vector (one extent) stays F32, as converters leave it.
struct Weight {
  std::string name;
  std::vector<std::int64_t> shape;
  double centre;     ///< of its numbers
  double deviation;  ///< from it
};

/// How a family of models arranges its weights.
struct Layout {
  const char* architecture;
  bool biased = false;      ///< query, key and value have biases
  bool head_norms = false;  ///< query and key are normalised per head
  bool experts = false;     ///< the inner part is chosen among several
  bool tied = false;        ///< the output matrix is that of the embedding
};

/// llama, qwen2, qwen3, qwen2tied, qwen3moe. Errors: std::runtime_error
const Layout& find_layout(const std::string& name);

std::vector<Weight> weights_of(const Layout& layout, const Sizes& sizes);

}  // namespace ggml
