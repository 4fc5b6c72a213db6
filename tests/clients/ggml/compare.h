#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace ggml {

/// How far two results are apart.
struct Difference {
  double error = 0;    ///< sum of squared differences over the sum of squares
  std::string broken;  ///< why they cannot be compared; else empty
};

/// Kernels that mask write the greatest number of its sign, or an infinity: both are taken for the
/// same.
inline double masked(float value) {
  const bool greatest = std::fabs(value) >= std::numeric_limits<float>::max();
  return greatest
             ? std::copysign(std::numeric_limits<double>::infinity(), static_cast<double>(value))
             : static_cast<double>(value);
}

/// Infinities and NaNs must stand in the same places.
inline Difference compare(const std::vector<float>& expected, const std::vector<float>& got) {
  if (expected.size() != got.size()) return {0, "the results differ in size"};
  double squares = 0;
  double apart = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double want = masked(expected[i]);
    const double have = masked(got[i]);
    if (std::isfinite(want) && std::isfinite(have)) {
      squares += want * want;
      apart += (want - have) * (want - have);
    } else if (want != have && !(std::isnan(want) && std::isnan(have))) {
      return {0, "element " + std::to_string(i) + " is " + std::to_string(have) + ", not " +
                     std::to_string(want)};
    }
  }
  return {squares == 0 ? apart : apart / squares, {}};
}

inline void sort_groups(std::vector<float>& values, std::int64_t size) {
  for (auto at = values.begin(); values.end() - at >= size; at += size) std::sort(at, at + size);
}

}  // namespace ggml
