// Attention: softmax with masks, biases and sinks; rotary positions; flash attention.
#include <cmath>

#include "cases.h"

namespace ggml {
namespace {

struct Attention {
  std::int64_t head, heads, kv_heads, kv, columns;
  Type cache = F16;
  bool mask = true, sinks = false;
  float max_bias = 0, softcap = 0;
  std::int64_t value_head = 0;  // 0: as `head`; else values are the first so many numbers of keys
};

/// Values: of their own, or, as multi-head latent attention has them and as ggml-cuda then takes
/// for granted, the beginnings of the keys.
Tensor* values_of(Builder& b, const Attention& a, Tensor* keys) {
  if (a.value_head == 0) return b.input(a.cache, {a.head, a.kv, a.kv_heads});
  const std::size_t row = b.api.ggml_row_size(a.cache, a.head);
  const std::size_t head = row * static_cast<std::size_t>(a.kv);
  return b.api.ggml_view_4d(b.context, keys, a.value_head, a.kv, a.kv_heads, 1, row, head,
                            head * static_cast<std::size_t>(a.kv_heads), 0);
}

void add_flash_attention(const Api& api, Cases& cases, Attention a) {
  std::string name = "flash_attn_ext/" + std::string(api.ggml_type_name(a.cache)) + "/head" +
                     std::to_string(a.head) + "/" + text({a.heads, a.kv_heads, a.kv, a.columns});
  if (!a.mask) name += "/unmasked";
  if (a.sinks) name += "/sinks";
  if (a.max_bias != 0) name += "/alibi";
  if (a.softcap != 0) name += "/softcap";
  cases.push_back({std::move(name), kLowPrecision, [a](Builder& b) {
                     Tensor* const q = b.input({a.head, a.columns, a.heads});
                     Tensor* const k = b.input(a.cache, {a.head, a.kv, a.kv_heads});
                     Tensor* const v = values_of(b, a, k);
                     Tensor* const mask = a.mask ? b.input(F16, {a.kv, a.columns}, kMask) : nullptr;
                     Tensor* const out = b.api.ggml_flash_attn_ext(
                         b.context, q, k, v, mask, 1 / std::sqrt(static_cast<float>(a.head)),
                         a.max_bias, a.softcap);
                     if (a.sinks) b.api.ggml_flash_attn_ext_add_sinks(out, b.input({a.heads}));
                     b.api.ggml_flash_attn_ext_set_prec(out, 10);  // GGML_PREC_F32
                     return out;
                   }});
}

void add_soft_max(Cases& cases, const Shape& shape, Type mask, bool sinks, float max_bias) {
  std::string name = "soft_max_ext/" + text(shape) + (mask == F16 ? "/f16mask" : "/f32mask");
  if (sinks) name += "/sinks";
  if (max_bias != 0) name += "/alibi";
  cases.push_back({std::move(name), kRounded, [=](Builder& b) {
                     Tensor* const x = b.input(shape, {Fill::Kind::uniform, -4, 4});
                     Tensor* const hidden = b.input(mask, {shape[0], shape[1]}, kMask);
                     Tensor* const out =
                         b.api.ggml_soft_max_ext(b.context, x, hidden, 0.3F, max_bias);
                     if (sinks) b.api.ggml_soft_max_add_sinks(out, b.input({shape[2]}));
                     return out;
                   }});
}

struct Rope {
  const char* kind;
  int mode;
  std::int64_t head;
  int dimensions;
  bool factors;
  float scale, extension;
};

void add_rope(const Api& api, Cases& cases, Type type, const Rope& r) {
  std::string name = std::string("rope/") + r.kind + "/" + api.ggml_type_name(type) + "/" +
                     text({r.head, r.dimensions});
  if (r.factors) name += "/factors";
  if (r.extension != 0) name += "/yarn";
  cases.push_back(
      {std::move(name), type == F16 ? kRounded : kClose, [type, r](Builder& b) {
         b.output = type;
         constexpr std::int64_t kTokens = 5;
         const bool sections = (r.mode & 8) != 0;
         Tensor* const x = b.input(type, {r.head, 4, kTokens});
         Tensor* const at = b.input(I32, {sections ? 4 * kTokens : kTokens}, integers(0, 500));
         Tensor* const factors =
             r.factors ? b.input({r.dimensions / 2}, {Fill::Kind::uniform, 0.9, 1.1}) : nullptr;
         if (!sections)
           return b.api.ggml_rope_ext(b.context, x, at, factors, r.dimensions, r.mode, 512, 10000,
                                      r.scale, r.extension, 1, 32, 1);
         const int part = r.dimensions / (r.mode == 24 ? 2 : 8);  // pairs
         const int rest = r.mode == 24 ? 0 : part;
         int quarters[4] = {part, part, rest, rest};
         return b.api.ggml_rope_multi(b.context, x, at, factors, r.dimensions, quarters, r.mode,
                                      512, 10000, r.scale, r.extension, 1, 32, 1);
       }});
}

}  // namespace

void add_attention_cases(const Api& api, Cases& cases) {
  for (const std::int64_t head : {64, 80, 96, 112, 128, 256})
    for (const std::int64_t columns : {1, 3, 8, 35, 70})
      add_flash_attention(api, cases, {head, 4, 2, 256, columns});
  add_flash_attention(api, cases, {576, 16, 1, 256, 1, F16, true, false, 0, 0, 512});
  add_flash_attention(api, cases, {576, 16, 1, 256, 16, F16, true, false, 0, 0, 512});
  for (const Type cache : {F32, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1})
    for (const std::int64_t head : {64, 128})
      for (const std::int64_t columns : {1, 20})
        add_flash_attention(api, cases, {head, 4, 4, 256, columns, cache});
  for (const std::int64_t columns : {1, 2, 40}) {
    add_flash_attention(api, cases, {64, 8, 1, 512, columns});
    add_flash_attention(api, cases, {128, 8, 8, 113, columns});
    add_flash_attention(api, cases, {128, 4, 4, 256, columns, F16, false});
    add_flash_attention(api, cases, {64, 4, 2, 256, columns, F16, true, true});
    add_flash_attention(api, cases, {128, 4, 2, 256, columns, F16, true, false, 8});
    add_flash_attention(api, cases, {128, 4, 2, 256, columns, F16, true, false, 0, 10});
  }
  for (const Shape& shape :
       {Shape{16, 4, 1, 1}, Shape{77, 5, 3, 1}, Shape{1025, 7, 2, 2}, Shape{4096, 2, 1, 1}})
    for (const Type mask : {F32, F16})
      for (const bool sinks : {false, true})
        for (const float max_bias : {0.F, 8.F}) add_soft_max(cases, shape, mask, sinks, max_bias);
  for (const Shape& shape :
       {Shape{1, 3, 2, 1}, Shape{33, 3, 2, 2}, Shape{256, 16, 1, 1}, Shape{20000, 2, 1, 1}})
    cases.push_back(
        {"soft_max/" + text(shape), kRounded, [shape](Builder& b) {
           return b.api.ggml_soft_max(b.context, b.input(shape, {Fill::Kind::uniform, -9, 9}));
         }});
  cases.push_back({"soft_max_ext_back", kRounded, [](Builder& b) {
                     Tensor* const gradient = b.input({300, 8, 2});
                     Tensor* const y = b.input({300, 8, 2}, {Fill::Kind::uniform, 0, 1});
                     return b.api.ggml_soft_max_ext_back(b.context, gradient, y, 0.5F, 0);
                   }});
  for (const Type type : {F32, F16}) {
    for (const bool factors : {false, true})
      for (const float extension : {0.F, 0.75F}) {
        add_rope(api, cases, type, {"normal", 0, 128, 128, factors, 1, extension});
        add_rope(api, cases, type, {"neox", 2, 128, 128, factors, 1, extension});
      }
    add_rope(api, cases, type, {"normal", 0, 64, 32, false, 0.5F, 0});
    add_rope(api, cases, type, {"neox", 2, 80, 20, true, 0.5F, 0.5F});
    add_rope(api, cases, type, {"mrope", 8, 128, 128, false, 1, 0});
    add_rope(api, cases, type, {"imrope", 40, 128, 128, true, 1, 0});
    add_rope(api, cases, type, {"vision", 24, 80, 40, false, 1, 0});
  }
}

}  // namespace ggml
