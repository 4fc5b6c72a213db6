#include "layout.h"

#include <cmath>
#include <stdexcept>

namespace ggml {
namespace {

struct NamedLayout {
  const char* name;
  Layout layout;
};
// Source: the tensors that llama.cpp's loader asks for, by architecture.
constexpr NamedLayout kLayouts[] = {
    {"llama", {"llama", false, false, false, false}},
    {"qwen2", {"qwen2", true, false, false, false}},
    {"qwen2tied", {"qwen2", true, false, false, true}},
    {"qwen3", {"qwen3", false, true, false, false}},
    {"qwen3moe", {"qwen3moe", false, true, true, false}},
};

class Weights {
 public:
  void vector(const std::string& name, std::int64_t size, double centre, double deviation) {
    all.push_back({name + ".weight", {size}, centre, deviation});
  }
  void bias(const std::string& name, std::int64_t size) {
    all.push_back({name + ".bias", {size}, 0, 0.1});
  }
  /// Scaled so that what comes out is as large as what goes in, times `gain`.
  void matrix(const std::string& name, std::vector<std::int64_t> shape, double gain) {
    const double deviation = gain / std::sqrt(static_cast<double>(shape[0]));
    all.push_back({name + ".weight", std::move(shape), 0, deviation});
  }

  std::vector<Weight> all;
};

void add_attention(Weights& weights, const std::string& block, const Layout& layout,
                   const Sizes& s) {
  const std::int64_t query = s.heads * s.head;
  const std::int64_t kv = s.kv_heads * s.head;
  weights.vector(block + "attn_norm", s.width, 1, 0.1);
  weights.matrix(block + "attn_q", {s.width, query}, 1.5);
  weights.matrix(block + "attn_k", {s.width, kv}, 1.5);
  weights.matrix(block + "attn_v", {s.width, kv}, 1);
  weights.matrix(block + "attn_output", {query, s.width}, 1);
  if (layout.biased) {
    weights.bias(block + "attn_q", query);
    weights.bias(block + "attn_k", kv);
    weights.bias(block + "attn_v", kv);
  }
  if (layout.head_norms) {
    weights.vector(block + "attn_q_norm", s.head, 1, 0.1);
    weights.vector(block + "attn_k_norm", s.head, 1, 0.1);
  }
}

void add_inner(Weights& weights, const std::string& block, const Layout& layout, const Sizes& s) {
  weights.vector(block + "ffn_norm", s.width, 1, 0.1);
  if (layout.experts) {
    weights.matrix(block + "ffn_gate_inp", {s.width, s.experts}, 4);
    weights.matrix(block + "ffn_gate_exps", {s.width, s.inner, s.experts}, 1);
    weights.matrix(block + "ffn_up_exps", {s.width, s.inner, s.experts}, 1);
    weights.matrix(block + "ffn_down_exps", {s.inner, s.width, s.experts}, 1);
  } else {
    weights.matrix(block + "ffn_gate", {s.width, s.inner}, 1);
    weights.matrix(block + "ffn_up", {s.width, s.inner}, 1);
    weights.matrix(block + "ffn_down", {s.inner, s.width}, 1);
  }
}

}  // namespace

const Layout& find_layout(const std::string& name) {
  for (const NamedLayout& row : kLayouts)
    if (name == row.name) return row.layout;
  throw std::runtime_error("no layout " + name);
}

std::vector<Weight> weights_of(const Layout& layout, const Sizes& sizes) {
  Weights weights;
  weights.all.push_back(
      {"token_embd.weight", {sizes.width, sizes.vocabulary}, 0, layout.tied ? 0.2 : 1.0});
  for (std::uint32_t layer = 0; layer < sizes.layers; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    add_attention(weights, block, layout, sizes);
    add_inner(weights, block, layout, sizes);
  }
  weights.vector("output_norm", sizes.width, 1, 0.1);
  // Logits far apart: the next token is then rarely a matter of rounding.
  if (!layout.tied) weights.matrix("output", {sizes.width, sizes.vocabulary}, 4);
  return weights.all;
}

}  // namespace ggml
