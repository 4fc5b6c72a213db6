#pragma once

#include <string>

#include "launcher/explain/diagnosis.h"

namespace vgpu::explain {

/// Returns the diagnosis as a person reads it, in a screenful: the verdict, the process, the file
/// and the step first, then the evidence, then how far each process came.
std::string print_report(const Facts& facts);

/// Returns docs/EXPLAIN.md's list of the checks.
std::string print_checks();

}  // namespace vgpu::explain
