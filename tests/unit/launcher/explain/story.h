#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "launcher/explain/diagnosis.h"

namespace vgpu::explain {

/// Facts of hand-made events, a line of JSON each, without `t` and `tid`: those count up by
/// milliseconds, and are the pid's.
std::unique_ptr<Facts> facts_of(std::string_view story, std::size_t most_programs = 256,
                                bool recorded = false);

/// The id of the verdict of a run.
std::string_view verdict_of(std::string_view story);

/// A run of one dynamically linked program of pid 10 on one virtual GPU, to which more lines are
/// added; and the same that has found and mapped our libcuda.so.1.
extern const std::string kProgram;
extern const std::string kLoaded;
/// The same on the machine as it is.
extern const std::string kBareProgram;

}  // namespace vgpu::explain
