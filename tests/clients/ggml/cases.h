#pragma once

#include "builder.h"

namespace ggml {

using Cases = std::vector<Case>;

// By kind of operator, each in a file of its own.
void add_matrix_cases(const Api& api, Cases& cases);
void add_attention_cases(const Api& api, Cases& cases);
void add_norm_cases(const Api& api, Cases& cases);
void add_copy_cases(const Api& api, Cases& cases);
void add_element_cases(const Api& api, Cases& cases);
void add_shape_cases(const Api& api, Cases& cases);
void add_convolution_cases(const Api& api, Cases& cases);

inline Cases all_cases(const Api& api) {
  Cases cases;
  for (const auto add : {add_matrix_cases, add_attention_cases, add_norm_cases, add_copy_cases,
                         add_element_cases, add_shape_cases, add_convolution_cases})
    add(api, cases);
  return cases;
}

/// "32x16x2"
inline std::string text(const Shape& shape) {
  std::string made;
  for (const std::int64_t extent : shape)
    made += (made.empty() ? "" : "x") + std::to_string(extent);
  return made;
}

/// The types that weights come in.
inline constexpr Type kFloats[] = {F32, F16, BF16};
inline constexpr Type kQuantised[] = {Q4_0,  Q4_1,    Q5_0,  Q5_1,   Q8_0,   Q2_K,    Q3_K,
                                      Q4_K,  Q5_K,    Q6_K,  IQ1_S,  IQ1_M,  IQ2_XXS, IQ2_XS,
                                      IQ2_S, IQ3_XXS, IQ3_S, IQ4_NL, IQ4_XS, MXFP4};

}  // namespace ggml
