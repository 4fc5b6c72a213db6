#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tracer/sys/unique_fd.h"

namespace vgpu::launcher {

/// What the processes of one vgpu-run tell each other.
enum class News : int {
  listener,   ///< G to S: the attached descriptor is the listener
  trace_me,   ///< G to S: no listener (value is the errno); G waits for `go`, to install the other
              ///< filter
  traced,     ///< G to S: it is installed
  failed,     ///< something of ours failed; value is an errno or 0, text says what
  started,    ///< S to P: value is the program's pid, and the program waits for `go`
  go,         ///< P to G: exec now
  not_run,    ///< G to P: exec failed; value is the errno
  stopped,    ///< S to P: value is the signal that stopped the program
  continued,  ///< S to P
  alone,      ///< S to P: the program was the last guest, S is about to end: wait for it
  exited,     ///< S to P: value is the exit code
  killed,     ///< S to P: value is the signal that ended the program
  explain,    ///< P to S: the diagnosis so far
};

struct Message {
  News news = News::failed;
  int value = 0;
  std::string text;
  tracer::UniqueFd fd;
};

/// One end of a socket pair between two of our processes.
class Channel {
 public:
  Channel() noexcept = default;
  explicit Channel(tracer::UniqueFd fd) noexcept : fd_(std::move(fd)) {}

  int fd() const noexcept { return fd_.get(); }
  void close() noexcept { fd_ = tracer::UniqueFd(); }

  /// Moves to a number above those of all other descriptors, where that is allowed. When a process
  /// is killed, the kernel releases its descriptors from the highest down: so whoever has the other
  /// end hears of it before anybody can act on the end of the others. Source: close_files() in
  /// Linux's fs/file.c and task_work_run() in kernel/task_work.c, 5.10 to 6.18.
  void raise() noexcept;

  /// Sends; false if the other end is gone. Neither allocates nor throws: it serves between fork
  /// and exec too. The text is cut to what fits.
  bool send(News news, int value = 0, const char* text = "", int attached_fd = -1) const noexcept;

  /// Waits for a message. Nothing: the other end is gone.
  /// Errors: std::system_error.
  std::optional<Message> receive() const;

 private:
  tracer::UniqueFd fd_;
};

/// Errors: std::system_error.
std::pair<Channel, Channel> make_channel();

}  // namespace vgpu::launcher
