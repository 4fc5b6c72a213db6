#pragma once

#include <cstddef>
#include <string>

#include "shim/abi/cuda_types.h"

namespace vgpu::cpu {

/// The log buffers that a program handed over among its JIT options. What it asks of the code
/// generation is checked and otherwise left alone: our code is for this machine's processor.
class JitLog {
 public:
  /// Errors: INVALID_VALUE for lists that do not fit or unknown options.
  JitLog(unsigned count, const CUjit_option* options, void** values);

  /// Writes what happened into the program's buffers, and how much into their sizes.
  void finish(const std::string& info, const std::string& error_text);

 private:
  struct Buffer {
    char* at = nullptr;
    std::size_t size = 0;
    void** filled = nullptr;  ///< the option's value: in the size, out what was used
    void write(const std::string& text) const;
  };
  Buffer info_;
  Buffer error_;
};

}  // namespace vgpu::cpu
