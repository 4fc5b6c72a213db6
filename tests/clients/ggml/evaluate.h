#pragma once

#include <string>

#include "builder.h"

namespace ggml {

enum class Verdict : std::uint8_t { right, wrong, not_offered };

struct Result {
  Verdict verdict;
  std::string detail;
};

/// The two devices that are compared: ggml's processor backend and the one that is tested.
class Devices {
 public:
  /// Errors: std::runtime_error if there is no device of that name.
  Devices(const Api& api, const std::string& name);

  /// Computes the case on both. `not_offered`: the tested backend says itself that it cannot.
  Result evaluate(const Case& which) const;

 private:
  const Api& api_;
  Device* tested_device_;
  Device* reference_device_;
  Backend* tested_;
  Backend* reference_;
};

}  // namespace ggml
