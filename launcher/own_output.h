#pragma once

#include <initializer_list>
#include <string_view>

#include "tracer/sys/unique_fd.h"

namespace vgpu::launcher {

/// Where vgpu-run's own messages go: standard error as it was at the start.
///
/// While the program runs we must not hold a pipe open that the program has closed, or its reader
/// would never see the end. So a pipe or socket is not kept but looked up in the program, whose
/// standard error it still is.
class OwnOutput {
 public:
  /// Errors: std::system_error.
  OwnOutput();

  /// Writes "vgpu-run: `text`" and a newline. A reader that is gone is not an error.
  void line(std::string_view text) const noexcept;

  /// Closes all descriptors of this process but `kept` and our own copy; 0, 1 and 2 become
  /// /dev/null. From then on a pipe is reached through the process `program`.
  void let_go(std::initializer_list<int> kept, const tracer::UniqueFd& program);

 private:
  tracer::UniqueFd borrow() const noexcept;

  tracer::UniqueFd copy_;
  int program_ = -1;  ///< borrowed pidfd of the program
  bool is_pipe_ = false;
  unsigned long device_ = 0;
  unsigned long inode_ = 0;
};

/// Puts a close-on-exec placeholder where descriptors 0, 1 or 2 are closed, so that no descriptor
/// of ours lands there and the program finds them closed as it should.
void fill_standard_descriptors() noexcept;

}  // namespace vgpu::launcher
