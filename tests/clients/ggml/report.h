#pragma once

#include <map>
#include <string>

namespace ggml {

/// Counts outcomes and prints those that need a look.
class Report {
 public:
  explicit Report(bool all) : all_(all) {}
  /// `outcome` is "right", "wrong", "not offered", "ended" or "too slow".
  void add(const std::string& name, const std::string& outcome, const std::string& detail);
  /// Prints the sums; true if something was computed and nothing failed.
  bool finish() const;

 private:
  bool all_;
  std::map<std::string, int> counts_;
};

}  // namespace ggml
