#pragma once

#include <map>
#include <mutex>
#include <string>

#include "shim/cpu/ptx/ast.h"

namespace vgpu::report {

/// "ld.global.nc.v4.f32": the words of an instruction, in the order of the tree.
std::string form_of(const ptx::Instruction& instruction);

/// Tries each form of instruction once: a kernel of this instruction alone is made into LLVM's
/// code, which is thrown away. Of several threads.
class Probe {
 public:
  /// Why `instruction` cannot be lowered, or "" if it can.
  const std::string& problem(const ptx::Function& function, const ptx::Instruction& instruction);

  /// How many forms have been tried.
  std::size_t forms() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> problems_;  ///< by form and operands
};

}  // namespace vgpu::report
