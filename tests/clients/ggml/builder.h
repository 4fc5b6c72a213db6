#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "api.h"

namespace ggml {

/// What an input is filled with. The numbers depend on nothing but the case's name and the input's
/// place.
struct Fill {
  enum class Kind : std::uint8_t {
    uniform,   ///< numbers in [low, high)
    integers,  ///< whole numbers in [low, high)
    choices,   ///< each row: different whole numbers of [0, high)
    mask,      ///< 0, and minus infinity in the last third
  };
  Kind kind = Kind::uniform;
  double low = -1;
  double high = 1;
};
inline Fill integers(double low, double high) { return {Fill::Kind::integers, low, high}; }
inline Fill choices(double below) { return {Fill::Kind::choices, 0, below}; }
inline constexpr Fill kMask{Fill::Kind::mask, 0, 0};

using Shape = std::vector<std::int64_t>;

struct Input {
  Tensor* tensor;
  Type type;
  Shape shape;
  Fill fill;
};

/// Builds one case's tensors in a context.
class Builder {
 public:
  Builder(const Api& functions, Context* memory) : api(functions), context(memory) {}

  Tensor* input(Type type, const Shape& shape, Fill fill = {}) {
    inputs.push_back(
        {api.ggml_new_tensor(context, type, static_cast<int>(shape.size()), shape.data()), type,
         shape, fill});
    return inputs.back().tensor;
  }
  Tensor* input(const Shape& shape, Fill fill = {}) { return input(F32, shape, fill); }

  const Api& api;
  Context* const context;
  std::vector<Input> inputs;
  Type output = F32;           ///< the result's type
  std::int64_t unordered = 0;  ///< groups of so many results have no order
};

/// One operator on one kind of input.
struct Case {
  std::string name;
  double limit;  ///< of the normalised mean square error against the CPU backend
  std::function<Tensor*(Builder&)> build;
};

/// Upstream's limits for what is computed in the same or in lower precision.
/// Source: test-backend-ops of llama.cpp, max_nmse_err.
inline constexpr double kExact = 0;
inline constexpr double kClose = 1e-7;
inline constexpr double kRounded = 1e-6;
inline constexpr double kLowPrecision = 5e-4;

}  // namespace ggml
