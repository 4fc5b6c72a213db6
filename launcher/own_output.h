#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "tracer/sys/unique_fd.h"

namespace vgpu::launcher {

/// Where vgpu-run's own messages go: standard error as it was at the start.
///
/// While the program runs we must not hold a pipe open that the program has closed, or its reader
/// would never see the end. So a pipe or socket is not kept but looked up in the program, whose
/// standard error it still is; or a pipe is kept by somebody who hears when the others let go of
/// it.
class OwnOutput {
 public:
  /// Errors: std::system_error.
  OwnOutput();

  /// Writes "vgpu-run: `text`" and a newline. A reader that is gone is not an error. Once we have
  /// let go, guests wait for us and we for nobody: what would have to wait is dropped, and the next
  /// line says how many were.
  void line(std::string_view text) noexcept;

  /// Keeps a pipe open through let_go(), by a description of its own, so that a line can be said
  /// after the program's end. Where that cannot be, nothing changes.
  void keep_pipe() noexcept;

  /// A descriptor to poll: once it can be read, somebody has closed the pipe for good: call
  /// drop_pipe(). -1: there is nothing to hear.
  int closings() const noexcept { return closings_.get(); }

  /// From now on the pipe is reached through the program.
  void drop_pipe() noexcept;

  /// Closes all descriptors of this process but `kept` and our own copy; 0, 1 and 2 become
  /// /dev/null. From then on a pipe is reached through the process `program`.
  void let_go(std::initializer_list<int> kept, const tracer::UniqueFd& program);

  /// Keeps even a pipe from now on, since the program is about to end, and we are too.
  void hold() noexcept;

 private:
  tracer::UniqueFd borrow() const noexcept;

  tracer::UniqueFd copy_;
  tracer::UniqueFd program_;   ///< a pidfd
  tracer::UniqueFd closings_;  ///< inotify's, while we keep a pipe
  bool is_pipe_ = false;
  bool may_wait_ = true;
  std::size_t dropped_ = 0;  ///< lines, since the last one that was written
  unsigned long device_ = 0;
  unsigned long inode_ = 0;
};

/// Puts a close-on-exec placeholder where descriptors 0, 1 or 2 are closed, so that no descriptor
/// of ours lands there and the program finds them closed as it should.
void fill_standard_descriptors() noexcept;

}  // namespace vgpu::launcher
