#pragma once

#include <string>

namespace vgpu::jit {

/// Says on standard error that kernels are being compiled when that goes on for more than a second,
/// and now and then until it ends: while one of these lives, a kernel is being compiled.
class Progress {
 public:
  explicit Progress(const std::string& kernel);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  const bool counted_;
};

}  // namespace vgpu::jit
