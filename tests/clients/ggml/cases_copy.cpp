// What moves data between types, places and rows.
#include "cases.h"

namespace ggml {
namespace {

/// A quantised number may fall to the other side of a rounding edge: one step of some 1 in a
/// hundred.
double limit_for(Type from, Type to) {
  if (from == to) return kExact;
  return to == F32 || to == F16 || to == BF16 ? kRounded : 1e-3;
}

std::string pair(const Api& api, Type from, Type to) {
  return std::string(api.ggml_type_name(from)) + "-" + api.ggml_type_name(to);
}

void add_copies(const Api& api, Cases& cases, Type from, Type to) {
  const Shape shape{256, 4, 4, 3};
  cases.push_back({"cpy/" + pair(api, from, to), limit_for(from, to), [=](Builder& b) {
                     b.output = to;
                     Tensor* const x = b.input(from, shape);
                     return b.api.ggml_cpy(b.context, x, b.input(to, shape));
                   }});
  if (from != F32 && from != F16 && from != BF16) return;
  cases.push_back(
      {"cpy/" + pair(api, from, to) + "/permuted", limit_for(from, to), [=](Builder& b) {
         b.output = to;
         Tensor* const x = b.api.ggml_permute(b.context, b.input(from, {256, 4, 4, 3}), 0, 2, 1, 3);
         return b.api.ggml_cpy(b.context, x, b.input(to, {256, 4, 4, 3}));
       }});
  if (to != F32 && to != F16 && to != BF16) return;
  cases.push_back(
      {"cpy/" + pair(api, from, to) + "/transposed", limit_for(from, to), [=](Builder& b) {
         b.output = to;
         Tensor* const x = b.api.ggml_transpose(b.context, b.input(from, {70, 50, 3}));
         return b.api.ggml_cpy(b.context, x, b.input(to, {50, 70, 3}));
       }});
}

void add_rows(const Api& api, Cases& cases, Type type) {
  const std::string name = api.ggml_type_name(type);
  for (const std::int64_t rows : {1, 20})
    cases.push_back(
        {"get_rows/" + name + "/" + std::to_string(rows), kClose, [=](Builder& b) {
           Tensor* const table = b.input(type, {256, 9, 2});
           return b.api.ggml_get_rows(b.context, table, b.input(I32, {rows, 2}, integers(0, 9)));
         }});
}

}  // namespace

void add_copy_cases(const Api& api, Cases& cases) {
  for (const Type from : kFloats)
    for (const Type to : kFloats) add_copies(api, cases, from, to);
  for (const Type type : {Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL}) add_copies(api, cases, F32, type);
  for (const Type type : {Q4_0, Q4_1, Q5_0, Q5_1, Q8_0}) {
    add_copies(api, cases, type, F32);
    add_copies(api, cases, type, type);
  }
  add_copies(api, cases, I32, I32);
  for (const Type type : kFloats) {
    for (const char* const what : {"cont", "dup"})
      cases.push_back({std::string(what) + "/" + api.ggml_type_name(type), kExact, [=](Builder& b) {
                         b.output = type;
                         Tensor* const x = b.api.ggml_permute(
                             b.context, b.input(type, {10, 7, 5, 3}), 1, 2, 0, 3);
                         Tensor* const solid = b.api.ggml_cont(b.context, x);
                         return what[0] == 'c' ? solid : b.api.ggml_dup(b.context, solid);
                       }});
    add_rows(api, cases, type);
  }
  for (const Type type : kQuantised) add_rows(api, cases, type);
  for (const Type type : {F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL})
    for (const Type index : {I64, I32})
      cases.push_back(
          {std::string("set_rows/") + api.ggml_type_name(type) + "/" + api.ggml_type_name(index),
           limit_for(F32, type), [=](Builder& b) {
             b.output = type;
             Tensor* const into = b.input(type, {256, 12, 2});
             Tensor* const x = b.input({256, 5, 2});
             return b.api.ggml_set_rows(b.context, into, x, b.input(index, {5, 1}, choices(12)));
           }});
  cases.push_back({"get_rows_back", kClose, [](Builder& b) {
                     Tensor* const gradient = b.input({256, 20});
                     Tensor* const rows = b.input(I32, {20}, integers(0, 9));
                     return b.api.ggml_get_rows_back(b.context, gradient, rows, b.input({256, 9}));
                   }});
  for (const bool adds : {true, false})
    cases.push_back({adds ? "acc" : "set", kClose, [adds](Builder& b) {
                       Tensor* const into = b.input({256, 17, 2});
                       Tensor* const part = b.input({200, 11, 1});
                       const auto function = adds ? b.api.ggml_acc : b.api.ggml_set;
                       return function(b.context, into, part, 256 * 4, 256 * 17 * 4,
                                       256 * 17 * 2 * 4, 3 * 256 * 4);
                     }});
}

}  // namespace ggml
