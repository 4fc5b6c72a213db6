#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

/// Where the records of a trace go. A thread of its own writes them, so that a slow disk or reader
/// makes nobody wait who is supervised; what finds no room in a bounded queue is dropped, and
/// counted.
///
/// Make it in a process that does not fork any more, with all signals blocked: SIGPIPE too.
class Output {
 public:
  /// Units: bytes.
  static constexpr std::size_t kLimit = std::size_t{64} << 20;

  /// To an open file, terminal or pipe. `owned`: nobody else writes to it, so that a record which a
  /// full disk has cut can be taken back.
  Output(UniqueFd fd, bool owned, std::size_t limit = kLimit);
  /// To a file for each process: `path`.PID, and `path` for what belongs to none.
  explicit Output(std::string path, std::size_t limit = kLimit);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  /// Waits for nobody.
  ~Output();

  /// From now on put() waits for room: for whoever may wait for the reader.
  void wait_for_room() noexcept;

  /// Takes a record, which is written whole or not at all. False if it was dropped.
  bool put(std::string_view record, pid_t pid = 0);

  /// How many records were dropped because there was no room, since this was last asked. 0 while
  /// there is still little room, so that who hears of them can put a record about that.
  std::uint64_t take_dropped();

  struct Loss {
    std::uint64_t records = 0;
    std::string why;  ///< in the user's language
  };

  /// Waits until all is written, or nothing has moved for `patience`. Returns what is missing in
  /// all; nothing can be put after it.
  Loss finish(std::chrono::milliseconds patience);

 private:
  class Writer;
  std::shared_ptr<Writer> writer_;  // its thread's too, which may be stuck in the kernel
  std::thread thread_;
};

}  // namespace vgpu::tracer
