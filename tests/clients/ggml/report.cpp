#include "report.h"

#include <cstdio>

namespace ggml {

void Report::add(const std::string& name, const std::string& outcome, const std::string& detail) {
  ++counts_[outcome];
  const bool fine = outcome == "right" || outcome == "not offered";
  if (fine && !all_) return;
  std::printf("%s%s: %s: %s\n", fine ? "" : "FAILED: ", name.c_str(), outcome.c_str(),
              detail.c_str());
  static_cast<void>(std::fflush(stdout));
}

bool Report::finish() const {
  int right = 0;
  int failed = 0;
  for (const auto& [outcome, count] : counts_) {
    std::printf("%s: %d\n", outcome.c_str(), count);
    if (outcome == "right")
      right = count;
    else if (outcome != "not offered")
      failed += count;
  }
  return right > 0 && failed == 0;
}

}  // namespace ggml
