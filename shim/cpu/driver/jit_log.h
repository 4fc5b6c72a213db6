#pragma once

#include <cstddef>
#include <string>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/driver/error.h"

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

/// Does `work(log)`; the log goes to the program's buffers, also when the work fails: the program
/// asked to be told what is wrong with its text.
template <class Work>
void load_with_log(unsigned count, const CUjit_option* options, void** values, const Work& work) {
  JitLog buffers(count, options, values);
  std::string log;
  try {
    work(log);
  } catch (const ApiError&) {
    buffers.finish("", log);
    throw;
  }
  buffers.finish("", log);
}

}  // namespace vgpu::cpu
