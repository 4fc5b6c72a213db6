// What changes shapes, and the recurrences.
#include "cases.h"

namespace ggml {
namespace {

void add_concat(const Api& api, Cases& cases) {
  for (const Type type : {F32, F16, I32})
    for (int dimension = 0; dimension < 4; ++dimension)
      for (const bool views : {false, true})
        cases.push_back({std::string("concat/") + api.ggml_type_name(type) + "/" +
                             std::to_string(dimension) + (views ? "/views" : ""),
                         kExact, [=](Builder& b) {
                           b.output = type;
                           const Fill fill = type == I32 ? integers(-99, 99) : Fill{};
                           Shape left{11, 12, 13, 2};
                           Shape right = left;
                           right[static_cast<std::size_t>(dimension)] = 7;
                           const auto make = [&](const Shape& s) {
                             if (!views) return b.input(type, s, fill);
                             return b.api.ggml_permute(
                                 b.context, b.input(type, {s[1], s[0], s[2], s[3]}, fill), 1, 0, 2,
                                 3);
                           };
                           Tensor* const first = make(left);
                           return b.api.ggml_concat(b.context, first, make(right), dimension);
                         }});
}

void add_one(Cases& cases, const std::string& name, double limit, const Shape& shape,
             const std::function<Tensor*(Builder&, Tensor*)>& apply) {
  cases.push_back({name, limit, [=](Builder& b) { return apply(b, b.input(shape)); }});
}

void add_reshaping(Cases& cases) {
  const Shape shape{20, 13, 3, 2};
  add_one(cases, "pad", kExact, shape,
          [](Builder& b, Tensor* x) { return b.api.ggml_pad(b.context, x, 5, 2, 1, 1); });
  add_one(cases, "pad_circular", kExact, shape,
          [](Builder& b, Tensor* x) { return b.api.ggml_pad_circular(b.context, x, 5, 2, 0, 0); });
  add_one(cases, "pad_reflect_1d", kExact, shape,
          [](Builder& b, Tensor* x) { return b.api.ggml_pad_reflect_1d(b.context, x, 5, 7); });
  add_one(cases, "roll", kExact, shape,
          [](Builder& b, Tensor* x) { return b.api.ggml_roll(b.context, x, 3, -2, 1, 0); });
  add_one(cases, "repeat", kExact, shape, [](Builder& b, Tensor* x) {
    return b.api.ggml_repeat(b.context, x, b.input({40, 26, 3, 4}));
  });
  add_one(cases, "repeat_back", kRounded, {40, 26, 3, 4}, [](Builder& b, Tensor* x) {
    return b.api.ggml_repeat_back(b.context, x, b.input({20, 13, 3, 2}));
  });
  add_one(cases, "arange", kClose, {1},
          [](Builder& b, Tensor*) { return b.api.ggml_arange(b.context, -3, 50, 0.5F); });
  add_one(cases, "diag", kExact, {20, 1, 3, 2},
          [](Builder& b, Tensor* x) { return b.api.ggml_diag(b.context, x); });
  for (int kind = 0; kind < 4; ++kind)
    add_one(cases, "tri/" + std::to_string(kind), kExact, {20, 20, 3},
            [kind](Builder& b, Tensor* x) { return b.api.ggml_tri(b.context, x, kind); });
  add_one(cases, "timestep_embedding", kRounded, {9}, [](Builder& b, Tensor* x) {
    return b.api.ggml_timestep_embedding(b.context, x, 320, 10000);
  });
  for (const std::uint32_t mode : {0U, 1U, 2U, 257U}) {
    add_one(cases, "upscale/" + std::to_string(mode), kRounded, shape,
            [mode](Builder& b, Tensor* x) {
              return b.api.ggml_interpolate(b.context, x, 40, 26, 3, 2, mode);
            });
    add_one(cases, "interpolate/" + std::to_string(mode), kRounded, shape,
            [mode](Builder& b, Tensor* x) {
              return b.api.ggml_interpolate(b.context, x, 33, 7, 3, 2, mode);
            });
  }
}

void add_recurrences(Cases& cases) {
  constexpr std::int64_t kHead = 64, kHeads = 4, kTokens = 6, kSequences = 2;
  const Shape rows{kHead, kHeads, kTokens * kSequences};
  const Shape state{kHead * kHead * kHeads, kSequences};
  cases.push_back({"rwkv_wkv6", kRounded, [=](Builder& b) {
                     Tensor* const k = b.input(rows);
                     Tensor* const v = b.input(rows);
                     Tensor* const r = b.input(rows);
                     Tensor* const first = b.input({kHead, kHeads});
                     Tensor* const decay = b.input(rows, {Fill::Kind::uniform, 0, 1});
                     return b.api.ggml_rwkv_wkv6(b.context, k, v, r, first, decay, b.input(state));
                   }});
  cases.push_back({"rwkv_wkv7", kRounded, [=](Builder& b) {
                     const Fill small{Fill::Kind::uniform, -0.1, 0.1};
                     Tensor* const r = b.input(rows);
                     Tensor* const w = b.input(rows, {Fill::Kind::uniform, 0, 1});
                     Tensor* const k = b.input(rows);
                     Tensor* const v = b.input(rows);
                     Tensor* const a = b.input(rows, small);
                     Tensor* const c = b.input(rows, small);
                     return b.api.ggml_rwkv_wkv7(b.context, r, w, k, v, a, c, b.input(state));
                   }});
  cases.push_back({"gated_linear_attn", kRounded, [=](Builder& b) {
                     Tensor* const k = b.input(rows);
                     Tensor* const v = b.input(rows);
                     Tensor* const q = b.input(rows);
                     Tensor* const g = b.input(rows, {Fill::Kind::uniform, 0, 1});
                     return b.api.ggml_gated_linear_attn(b.context, k, v, q, g, b.input(state),
                                                         0.125F);
                   }});
  for (const std::int64_t tokens : {1, 5, 40})
    cases.push_back({"ssm_conv/" + std::to_string(tokens), kRounded, [=](Builder& b) {
                       Tensor* const x = b.input({3 + tokens, 256, 2});
                       return b.api.ggml_ssm_conv(b.context, x, b.input({4, 256}));
                     }});
}

}  // namespace

void add_shape_cases(const Api& api, Cases& cases) {
  add_concat(api, cases);
  add_reshaping(cases);
  add_recurrences(cases);
}

}  // namespace ggml
