#include "shim/cpu/image/target.h"

#include "shim/abi/ptxas_words.h"

namespace vgpu::image {

std::string name_of(const Target& target) {
  std::string name = "sm_" + std::to_string(target.arch);
  if (target.suffix != 0) name += target.suffix;
  return name;
}

std::string why_not(const Target& target, int compute_capability) {
  if (target.arch > compute_capability) return std::string(kTargetIsNewer);
  if (target.suffix == 'a' && target.arch != compute_capability)
    return "Program with .target '" + name_of(target) +
           "' cannot be compiled to future architecture";
  if (target.suffix == 'f' && target.arch / 10 != compute_capability / 10)
    return "Program with .target '" + name_of(target) +
           "' cannot be compiled to different SM-family architecture";
  return {};
}

}  // namespace vgpu::image
