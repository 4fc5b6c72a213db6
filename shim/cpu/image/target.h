#pragma once

#include <string>

namespace vgpu::image {

/// Whose code PTX is: of `.target sm_90a`, 90 and 'a'.
struct Target {
  int arch = 0;     ///< 75 is sm_75
  char suffix = 0;  ///< 'a': that one architecture; 'f': its family from it on; 0: all from it on
};

/// Why a device of `compute_capability` (75 is 7.5) cannot run code for `target`, in ptxas's words,
/// or "" if it can. Source: ptxas 13.0; PTX ISA, .target
std::string why_not(const Target& target, int compute_capability);

/// "sm_90a".
std::string name_of(const Target& target);

}  // namespace vgpu::image
