#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/report/probe.h"

namespace vgpu::report {

/// What is to be said of one kernel.
struct Verdict {
  std::string kernel;
  std::string problem;             ///< the first; empty if it can be compiled
  std::vector<std::string> forms;  ///< of instructions that cannot be lowered
  double seconds = 0;              ///< that it took to compile
};

/// What is to be said of a PTX text.
struct ModuleVerdict {
  std::string problem;  ///< of the text as a whole; then there are no kernels
  std::vector<Verdict> kernels;
  int target = 0;
};

/// Parses all of `text` and tries every form of instruction in it.
ModuleVerdict check_text(std::string text, Probe& probe);

/// How far a kernel is compiled.
enum class Depth : std::uint8_t {
  verified,  ///< LLVM's code is generated and verified
  fully,     ///< as at a launch
};

/// Compiles the kernels whose name `wanted` likes for blocks of 256 by 1 by 1 threads.
ModuleVerdict compile_text(std::string text, Depth depth,
                           const std::function<bool(const std::string& kernel)>& wanted);

}  // namespace vgpu::report
