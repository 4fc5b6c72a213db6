#pragma once

#include <string>
#include <vector>

#include "launcher/explain/checks.h"

namespace vgpu::explain {

/// A check that matched, and for which program.
struct Verdict {
  const CheckRow* row = nullptr;
  Finding finding;
  const Program* program = nullptr;
  std::size_t times = 1;  ///< so many processes of the same command and with the same verdict
};

/// Asks the table about all programs. The first is the verdict of the run: that the GPU was used,
/// else the failure of the program that came furthest. Never empty if any process was seen.
std::vector<Verdict> diagnose(const Facts& facts);

}  // namespace vgpu::explain
