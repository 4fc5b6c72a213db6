// Matrix products: every weight type, from a vector to a batch; broadcast, permuted; experts.
#include "cases.h"

namespace ggml {
namespace {

struct Product {
  std::int64_t rows, columns, inner;  // weights inner x rows, activations inner x columns
  std::int64_t batch = 1, repeat = 1;
  bool permuted = false;
};

void add_product(const Api& api, Cases& cases, Type type, Product p) {
  std::string name =
      std::string("mul_mat/") + api.ggml_type_name(type) + "/" + text({p.rows, p.columns, p.inner});
  if (p.batch * p.repeat > 1) name += "/batch" + text({p.batch, p.repeat});
  if (p.permuted) name += "/permuted";
  cases.push_back({std::move(name), kLowPrecision, [type, p](Builder& b) {
                     Tensor* weights = nullptr;
                     if (p.permuted) {
                       weights = b.input(type, {p.inner, p.batch, p.rows});
                       weights = b.api.ggml_permute(b.context, weights, 0, 2, 1, 3);
                     } else {
                       weights = b.input(type, {p.inner, p.rows, p.batch});
                     }
                     Tensor* const x = b.input({p.inner, p.columns, p.batch * p.repeat});
                     return b.api.ggml_mul_mat(b.context, weights, x);
                   }});
}

void add_experts(const Api& api, Cases& cases, Type type, std::int64_t tokens) {
  constexpr std::int64_t kInner = 256, kRows = 64, kExperts = 4, kUsed = 2;
  cases.push_back(
      {std::string("mul_mat_id/") + api.ggml_type_name(type) + "/" + std::to_string(tokens),
       kLowPrecision, [type, tokens](Builder& b) {
         Tensor* const weights = b.input(type, {kInner, kRows, kExperts});
         Tensor* const ids = b.input(I32, {kUsed, tokens}, choices(kExperts));
         Tensor* const x = b.input({kInner, kUsed, tokens});
         return b.api.ggml_mul_mat_id(b.context, weights, x, ids);
       }});
}

}  // namespace

void add_matrix_cases(const Api& api, Cases& cases) {
  for (const Type type : kQuantised) {
    for (const std::int64_t columns : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 33})
      add_product(api, cases, type, {32, columns, 256});
    add_product(api, cases, type, {129, 64, 512});
    add_product(api, cases, type, {128, 130, 256});
    add_product(api, cases, type, {32, 1, 256, 2, 2});
    add_product(api, cases, type, {32, 16, 256, 2, 2});
    for (const std::int64_t tokens : {1, 4, 32}) add_experts(api, cases, type, tokens);
  }
  for (const Type type : kFloats) {
    for (const std::int64_t columns : {1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 64, 128})
      add_product(api, cases, type, {64, columns, 256});
    add_product(api, cases, type, {33, 1, 64});
    add_product(api, cases, type, {31, 7, 65});
    add_product(api, cases, type, {257, 70, 130});
    for (const std::int64_t columns : {1, 4, 16, 64}) {
      add_product(api, cases, type, {32, columns, 128, 3, 1});
      add_product(api, cases, type, {32, columns, 128, 2, 4});
      add_product(api, cases, type, {32, columns, 128, 2, 1, true});
      add_product(api, cases, type, {32, columns, 128, 2, 2, true});
    }
    for (const std::int64_t tokens : {1, 4, 32, 100}) add_experts(api, cases, type, tokens);
  }
  for (const Shape& shape : {Shape{16, 8, 1, 1}, Shape{256, 16, 1, 1}, Shape{64, 32, 2, 3}})
    cases.push_back({"out_prod/" + text(shape), kLowPrecision, [shape](Builder& b) {
                       Tensor* const left = b.input({shape[0], 24, shape[2], shape[3]});
                       Tensor* const right = b.input({shape[1], 24, shape[2], shape[3]});
                       return b.api.ggml_out_prod(b.context, left, right);
                     }});
  for (const bool lower : {true})
    for (const std::int64_t n : {11, 64})
      cases.push_back({"solve_tri/" + std::to_string(n), kLowPrecision, [n, lower](Builder& b) {
                         // A triangle with a diagonal of the size of its rows is safe to divide by.
                         Tensor* const a = b.input({n, n, 2}, {Fill::Kind::uniform, 0.5, 1});
                         Tensor* const x = b.input({8, n, 2});
                         return b.api.ggml_solve_tri(b.context, a, x, true, lower, false);
                       }});
}

}  // namespace ggml
