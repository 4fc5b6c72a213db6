#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

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
  ~Output();

  /// From now on put() waits for room: for whoever may wait for the reader.
  void wait_for_room() noexcept { waits_ = true; }

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
  struct Chunk {
    pid_t pid;
    std::string bytes;
    std::vector<std::size_t> ends;  // of its records
  };
  struct Target {
    UniqueFd fd;
    std::size_t step = 0;  // most bytes of one write
    off_t whole = -1;      // where the last whole record ended; -1: cannot be taken back
  };

  void write_all();
  bool write_chunk(const Chunk& chunk);
  Target* open_target(pid_t pid);

  const std::string path_;
  const std::size_t limit_;
  bool waits_ = false;
  std::map<pid_t, Target> targets_;  // the writer's

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> queue_;
  std::size_t queued_ = 0;     // bytes, with those that are being written
  std::uint64_t moved_ = 0;    // grows with each write that did something
  std::uint64_t unheard_ = 0;  // dropped, and nobody has asked
  Loss loss_;
  bool writing_ = false;
  bool failed_ = false;
  bool closed_ = false;
  std::thread writer_;
};

}  // namespace vgpu::tracer
