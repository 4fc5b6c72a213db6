// Writes a small model with random weights; equal arguments give equal bytes:
//   ggml_model FOLDER OUT.gguf LAYOUT TYPE [key=value...]
// FOLDER has libggml*.so, which quantises. LAYOUT: layout.cpp. TYPE: f32, f16, bf16, q8_0, q4_K,
// ... Keys: seed, layers, width, heads, kv_heads, head, inner, vocabulary, context.
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <numeric>
#include <stdexcept>

#include "api.h"
#include "gguf.h"
#include "layout.h"
#include "random.h"
#include "vocabulary.h"

namespace ggml {
namespace {

struct Arguments {
  std::string folder;
  std::string out;
  std::string layout;
  std::string type;
  Sizes sizes;
  std::uint32_t seed = 1;
};

struct Key {
  const char* name;
  std::uint32_t Sizes::*field;
};
constexpr Key kKeys[] = {
    {"layers", &Sizes::layers},         {"width", &Sizes::width},     {"heads", &Sizes::heads},
    {"kv_heads", &Sizes::kv_heads},     {"head", &Sizes::head},       {"inner", &Sizes::inner},
    {"vocabulary", &Sizes::vocabulary}, {"context", &Sizes::context},
};

void set_key(Arguments& arguments, const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) throw std::runtime_error("not key=value: " + word);
  const std::string name = word.substr(0, equals);
  const auto value = static_cast<std::uint32_t>(std::stoul(word.substr(equals + 1)));
  if (name == "seed") {
    arguments.seed = value;
    return;
  }
  for (const Key& key : kKeys)
    if (name == key.name) {
      arguments.sizes.*key.field = value;
      return;
    }
  throw std::runtime_error("no key " + name);
}

Arguments parse(int count, char** words) {
  if (count < 5) throw std::runtime_error("ggml_model FOLDER OUT.gguf LAYOUT TYPE [key=value...]");
  Arguments arguments{words[1], words[2], words[3], words[4], {}, 1};
  for (int i = 5; i < count; ++i) set_key(arguments, words[i]);
  return arguments;
}

int find_type(const Api& api, const std::string& name) {
  for (int type = 0; type < 40; ++type)
    if (const char* const known = api.ggml_type_name(type); known != nullptr && name == known)
      return type;
  throw std::runtime_error("no type " + name);
}

std::vector<std::byte> make_weight(const Api& api, const Weight& weight, int type, Random& random) {
  const std::int64_t row = weight.shape[0];
  const std::int64_t count = std::accumulate(weight.shape.begin(), weight.shape.end(),
                                             std::int64_t{1}, std::multiplies<>());
  std::vector<float> values(static_cast<std::size_t>(count));
  constexpr double kWidth = 3.4641016;  // of an even distribution with deviation one
  for (float& value : values)
    value =
        static_cast<float>(weight.centre + (random.below_one() - 0.5) * kWidth * weight.deviation);
  std::vector<std::byte> bytes(api.ggml_row_size(type, row) *
                               static_cast<std::size_t>(count / row));
  if (type == F32) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }
  const std::vector<float> importance(static_cast<std::size_t>(row), 1.0F);
  api.ggml_quantize_chunk(type, values.data(), bytes.data(), 0, count / row, row,
                          importance.data());
  return bytes;
}

void add_sizes(Gguf& file, const Layout& layout, const Sizes& s) {
  const std::string a = layout.architecture;
  file.set("general.architecture", a);
  file.set("general.name", "random " + a);
  file.set("general.quantization_version", std::uint32_t{2});
  file.set(a + ".block_count", s.layers);
  file.set(a + ".context_length", s.context);
  file.set(a + ".embedding_length", s.width);
  file.set(a + ".feed_forward_length", s.inner);
  file.set(a + ".attention.head_count", s.heads);
  file.set(a + ".attention.head_count_kv", s.kv_heads);
  file.set(a + ".attention.key_length", s.head);
  file.set(a + ".attention.value_length", s.head);
  file.set(a + ".attention.layer_norm_rms_epsilon", 1e-5F);
  file.set(a + ".rope.dimension_count", s.head);
  file.set(a + ".rope.freq_base", 10000.0F);
  file.set(a + ".vocab_size", s.vocabulary);
  if (!layout.experts) return;
  file.set(a + ".expert_count", s.experts);
  file.set(a + ".expert_used_count", s.experts_used);
  file.set(a + ".expert_feed_forward_length", s.inner);
}

void run(const Arguments& arguments) {
  const Api api(arguments.folder);
  const Layout& layout = find_layout(arguments.layout);
  const int type = find_type(api, arguments.type);
  Gguf file;
  add_sizes(file, layout, arguments.sizes);
  add_vocabulary(file, arguments.sizes.vocabulary);
  Random random(arguments.seed);
  for (const Weight& weight : weights_of(layout, arguments.sizes)) {
    // Converters leave vectors, and the small matrix that chooses experts, as they are.
    const bool plain =
        weight.shape.size() == 1 || weight.name.find("ffn_gate_inp") != std::string::npos;
    const int stored = plain ? static_cast<int>(F32) : type;
    file.add_tensor(weight.name, weight.shape, stored, make_weight(api, weight, stored, random));
  }
  file.write(arguments.out);
}

}  // namespace
}  // namespace ggml

int main(int count, char** words) {
  try {
    ggml::run(ggml::parse(count, words));
    return 0;
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "ggml_model: %s\n", error.what()));
    return 2;
  }
}
