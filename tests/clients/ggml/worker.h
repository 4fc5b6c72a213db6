#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace ggml {

/// The descriptor on which a worker answers.
inline constexpr int kAnswers = 3;

/// A process of our own that computes cases one after another. ggml ends the whole process when a
/// CUDA call fails; so the one who counts must be another.
class Worker {
 public:
  /// Starts this very program with `arguments`. Errors: std::system_error
  explicit Worker(const std::vector<std::string>& arguments);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  void send(std::size_t number);
  /// One line of what it answers; false when it has ended.
  bool receive(std::string& line);
  int answers() const { return from_; }
  void kill();
  /// How it ended, in words.
  std::string wait();

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace ggml
