// Norms, sums, sorts: what goes over rows.
#include "cases.h"

namespace ggml {
namespace {

constexpr float kEpsilon = 1e-6F;

using Unary = Tensor* (*Api::*)(Context*, Tensor*);
using Norm = Tensor* (*Api::*)(Context*, Tensor*, float);

const Shape kShapes[] = {
    {1, 1, 1, 1}, {33, 2, 1, 1}, {64, 5, 4, 3}, {1025, 5, 4, 3}, {4096, 3, 1, 1}};

void add_sorts(Cases& cases) {
  for (const int order : {0, 1})
    for (const Shape& shape : {Shape{8, 3}, Shape{16, 10, 10}, Shape{60, 10}, Shape{1000, 2},
                               Shape{1024, 3}, Shape{3000, 2}})
      cases.push_back(
          {"argsort/" + text(shape) + (order == 0 ? "/up" : "/down"), kExact, [=](Builder& b) {
             b.output = I32;
             return b.api.ggml_argsort(b.context, b.input(shape, {Fill::Kind::uniform, -1e3, 1e3}),
                                       order);
           }});
  for (const int k : {1, 7, 40})
    cases.push_back({"top_k/" + std::to_string(k), kExact, [k](Builder& b) {
                       b.output = I32;
                       b.unordered = k;
                       return b.api.ggml_top_k(
                           b.context, b.input({500, 4}, {Fill::Kind::uniform, -1e3, 1e3}), k);
                     }});
  for (const Shape& shape : {Shape{32, 1}, Shape{100, 10}, Shape{1024, 12}, Shape{5000, 3}})
    cases.push_back(
        {"argmax/" + text(shape), kExact, [shape](Builder& b) {
           b.output = I32;
           return b.api.ggml_argmax(b.context, b.input(shape, {Fill::Kind::uniform, -1e3, 1e3}));
         }});
}

}  // namespace

void add_norm_cases(const Api&, Cases& cases) {
  struct NormRow {
    const char* name;
    Norm function;
  };
  for (const auto& [name, function] :
       {NormRow{"norm", &Api::ggml_norm}, NormRow{"rms_norm", &Api::ggml_rms_norm},
        NormRow{"l2_norm", &Api::ggml_l2_norm}})
    for (const Shape& shape : kShapes) {
      if (shape[0] == 1) continue;  // one number has no deviation
      cases.push_back(
          {std::string(name) + "/" + text(shape), kRounded, [shape, function](Builder& b) {
             return (b.api.*function)(b.context, b.input(shape), kEpsilon);
           }});
      cases.push_back({std::string(name) + "/" + text(shape) + "/view", kRounded,
                       [shape, function](Builder& b) {
                         Tensor* const x = b.input({shape[0] + 6, shape[1], shape[2], shape[3]});
                         const std::size_t row = static_cast<std::size_t>(shape[0] + 6) * 4;
                         const auto rows = static_cast<std::size_t>(shape[1]);
                         Tensor* const part = b.api.ggml_view_4d(
                             b.context, x, shape[0], shape[1], shape[2], shape[3], row, row * rows,
                             row * rows * static_cast<std::size_t>(shape[2]), 0);
                         return (b.api.*function)(b.context, part, kEpsilon);
                       }});
    }
  for (const int groups : {1, 4, 32})
    for (const Shape& shape : {Shape{16, 16, 32, 1}, Shape{9, 9, 320, 2}})
      cases.push_back(
          {"group_norm/" + text(shape) + "/" + std::to_string(groups), kRounded, [=](Builder& b) {
             return b.api.ggml_group_norm(b.context, b.input(shape), groups, kEpsilon);
           }});
  cases.push_back(
      {"rms_norm_mul_add", kRounded, [](Builder& b) {
         Tensor* const scale = b.input({300});
         Tensor* const normal = b.api.ggml_rms_norm(b.context, b.input({300, 7, 3}), kEpsilon);
         return b.api.ggml_add(b.context, b.api.ggml_mul(b.context, normal, scale),
                               b.input({300, 7, 3}));
       }});
  cases.push_back(
      {"rms_norm_back", kRounded, [](Builder& b) {
         Tensor* const gradient = b.input({300, 7, 3});
         return b.api.ggml_rms_norm_back(b.context, gradient, b.input({300, 7, 3}), kEpsilon);
       }});
  struct RowsRow {
    const char* name;
    Unary function;
  };
  for (const auto& [name, function] :
       {RowsRow{"sum", &Api::ggml_sum}, RowsRow{"sum_rows", &Api::ggml_sum_rows},
        RowsRow{"mean", &Api::ggml_mean}, RowsRow{"cumsum", &Api::ggml_cumsum}})
    for (const Shape& shape : kShapes)
      cases.push_back(
          {std::string(name) + "/" + text(shape), kRounded, [shape, function](Builder& b) {
             return (b.api.*function)(b.context, b.input(shape, {Fill::Kind::uniform, 0.5, 1.5}));
           }});
  cases.push_back(
      {"count_equal", kExact, [](Builder& b) {
         b.output = I64;
         Tensor* const left = b.input(I32, {1000, 9}, integers(0, 4));
         return b.api.ggml_count_equal(b.context, left, b.input(I32, {1000, 9}, integers(0, 4)));
       }});
  cases.push_back({"cross_entropy_loss", kRounded, [](Builder& b) {
                     Tensor* const logits = b.input({500, 5}, {Fill::Kind::uniform, -4, 4});
                     return b.api.ggml_cross_entropy_loss(
                         b.context, logits, b.input({500, 5}, {Fill::Kind::uniform, 0, 0.004}));
                   }});
  add_sorts(cases);
}

}  // namespace ggml
