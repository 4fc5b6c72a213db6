// What is done to each element by itself.
#include "cases.h"

namespace ggml {
namespace {

using Unary = Tensor* (*Api::*)(Context*, Tensor*);
using Binary = Tensor* (*Api::*)(Context*, Tensor*, Tensor*);

void add_unary(const Api& api, Cases& cases, const char* name, Unary function, double low,
               double high) {
  const Fill range{Fill::Kind::uniform, low, high};
  for (const Type type : {F32, F16}) {
    const std::string full = std::string(name) + "/" + api.ggml_type_name(type);
    cases.push_back({full, type == F16 ? kRounded : kClose, [=](Builder& b) {
                       b.output = type;
                       return (b.api.*function)(b.context, b.input(type, {128, 2, 2, 2}, range));
                     }});
    cases.push_back({full + "/odd", type == F16 ? kRounded : kClose, [=](Builder& b) {
                       b.output = type;
                       return (b.api.*function)(b.context, b.input(type, {5, 7, 11, 13}, range));
                     }});
  }
}

void add_glu(const Api& api, Cases& cases, const char* name, Unary function) {
  for (const Type type : {F32, F16})
    for (const Shape& shape : {Shape{128, 2, 2, 2}, Shape{10, 7, 11, 3}})
      cases.push_back({std::string(name) + "/" + api.ggml_type_name(type) + "/" + text(shape),
                       type == F16 ? kRounded : kClose, [=](Builder& b) {
                         b.output = type;
                         return (b.api.*function)(
                             b.context, b.input(type, shape, {Fill::Kind::uniform, -4, 4}));
                       }});
}

void add_binary(const Api& api, Cases& cases, const char* name, Binary function) {
  // The second operand is repeated over the first.
  const Shape first{64, 6, 4, 2};
  for (const Shape& second :
       {Shape{64, 6, 4, 2}, Shape{64, 1, 1, 1}, Shape{64, 6, 1, 1}, Shape{64, 1, 4, 1},
        Shape{1, 6, 1, 2}, Shape{1, 1, 1, 1}, Shape{32, 3, 2, 1}})
    for (const Type type : {F32, F16})
      cases.push_back({std::string(name) + "/" + api.ggml_type_name(type) + "/" + text(second),
                       type == F16 ? kRounded : kClose, [=](Builder& b) {
                         b.output = type;
                         Tensor* const x = b.input(type, first);
                         return (b.api.*function)(
                             b.context, x, b.input(type, second, {Fill::Kind::uniform, 0.5, 2}));
                       }});
  cases.push_back(
      {std::string(name) + "/permuted", kClose, [=](Builder& b) {
         Tensor* const x = b.api.ggml_permute(b.context, b.input({64, 4, 6, 2}), 0, 2, 1, 3);
         return (b.api.*function)(b.context, x,
                                  b.input({64, 6, 4, 2}, {Fill::Kind::uniform, 0.5, 2}));
       }});
}

struct BinaryRow {
  const char* name;
  Binary function;
};

void add_numbered(Cases& cases) {
  const Shape shape{100, 7, 3};
  const auto one = [&](const char* name, auto apply) {
    cases.push_back({name, kClose, [=](Builder& b) {
                       return apply(b, b.input(shape, {Fill::Kind::uniform, -4, 4}));
                     }});
  };
  one("scale", [](Builder& b, Tensor* x) { return b.api.ggml_scale(b.context, x, 2.5F); });
  one("scale_bias",
      [](Builder& b, Tensor* x) { return b.api.ggml_scale_bias(b.context, x, 2.5F, -0.75F); });
  one("clamp", [](Builder& b, Tensor* x) { return b.api.ggml_clamp(b.context, x, -0.5F, 1.5F); });
  one("fill", [](Builder& b, Tensor* x) { return b.api.ggml_fill(b.context, x, 3.25F); });
  one("leaky_relu",
      [](Builder& b, Tensor* x) { return b.api.ggml_leaky_relu(b.context, x, 0.1F, false); });
  one("xielu", [](Builder& b, Tensor* x) {
    return b.api.ggml_xielu(b.context, x, 0.8F, 0.3F, 0.5F, -1e-6F);
  });
  one("diag_mask_inf",
      [](Builder& b, Tensor* x) { return b.api.ggml_diag_mask_inf(b.context, x, 5); });
  one("silu_back",
      [=](Builder& b, Tensor* x) { return b.api.ggml_silu_back(b.context, x, b.input(shape)); });
  one("swiglu_oai", [=](Builder& b, Tensor* x) {
    return b.api.ggml_swiglu_oai(b.context, x, b.input(shape), 1.7F, 1.5F);
  });
  one("add1", [](Builder& b, Tensor* x) { return b.api.ggml_add1(b.context, x, b.input({1})); });
  one("add_twice", [=](Builder& b, Tensor* x) {
    for (int i = 0; i < 4; ++i) x = b.api.ggml_add(b.context, x, b.input(shape));
    return x;
  });
  one("add_id", [](Builder& b, Tensor*) {
    Tensor* const x = b.input({100, 2, 9});
    Tensor* const biases = b.input({100, 4});
    return b.api.ggml_add_id(b.context, x, biases, b.input(I32, {2, 9}, choices(4)));
  });
}

}  // namespace

void add_element_cases(const Api& api, Cases& cases) {
#define GGML_UNARY(name, low, high) add_unary(api, cases, #name, &Api::ggml_##name, low, high);
#define GGML_GLU(name) add_glu(api, cases, #name, &Api::ggml_##name);
#include "glu.def"
#include "unary.def"
#undef GGML_UNARY
#undef GGML_GLU
  for (const auto& [name, function] :
       {BinaryRow{"add", &Api::ggml_add}, BinaryRow{"sub", &Api::ggml_sub},
        BinaryRow{"mul", &Api::ggml_mul}, BinaryRow{"div", &Api::ggml_div}})
    add_binary(api, cases, name, function);
  for (const auto& [name, function] :
       {BinaryRow{"reglu_split", &Api::ggml_reglu_split},
        BinaryRow{"geglu_split", &Api::ggml_geglu_split},
        BinaryRow{"swiglu_split", &Api::ggml_swiglu_split},
        BinaryRow{"geglu_erf_split", &Api::ggml_geglu_erf_split},
        BinaryRow{"geglu_quick_split", &Api::ggml_geglu_quick_split}})
    for (const Type type : {F32, F16})
      cases.push_back({std::string(name) + "/" + api.ggml_type_name(type),
                       type == F16 ? kRounded : kClose, [type, function](Builder& b) {
                         b.output = type;
                         Tensor* const x = b.input(type, {100, 7, 3}, {Fill::Kind::uniform, -4, 4});
                         return (b.api.*function)(b.context, x, b.input(type, {100, 7, 3}));
                       }});
  add_numbered(cases);
}

}  // namespace ggml
