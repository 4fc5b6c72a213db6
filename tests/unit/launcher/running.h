#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/sys/unique_fd.h"

namespace vgpu::launcher {

/// How a started process ended or changed, as its parent is told.
struct Change {
  int code = 0;    ///< CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_CONTINUED
  int status = 0;  ///< exit code or signal
  bool operator==(const Change&) const = default;
};

/// vgpu-run on a shell script, with pipes at its standard streams and a gate at descriptor 9: the
/// script waits there with `read x <&9` until the test opens it. The test process is the
/// subreaper of all, so that nothing that is left behind can hide; the destructor kills what is
/// there still.
class Running {
 public:
  struct Setup {
    bool supervised = true;          ///< false: the shell alone, to compare with
    bool terminal = false;           ///< a terminal instead of the pipes, as a session of its own
    bool error_into_output = false;  ///< 2>&1
    std::function<void()> before_exec;  ///< runs in the child
    std::vector<std::string> options;   ///< of vgpu-run
  };

  Running(const std::string& script, const Setup& setup);
  explicit Running(const std::string& script) : Running(script, Setup()) {}
  explicit Running(const std::vector<std::string>& command, const Setup& setup);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  pid_t pid() const noexcept { return pid_; }

  void write(std::string_view text) const;
  void close_input() { input_ = tracer::UniqueFd(); }
  void open_gate() { gate_ = tracer::UniqueFd(); }

  /// Waits until nobody reads the standard input any more. False: a hang.
  bool input_is_broken() const;

  /// Returns the next line of standard output without its end, or what there is at its end.
  std::string line();
  /// Returns all that is still to come on standard output.
  std::string rest();
  std::string error_output();

  void kill(int signal) const;

  /// Waits until vgpu-run ends, stops or is continued.
  Change wait_change() const;
  /// Waits for its end. Returns the exit code.
  int wait() const;

  /// True when nothing of the tree is left, for which this waits: the processes that descend from
  /// it have ended and are reaped. False after a time that only a hang can take.
  bool nothing_left();

 private:
  void start(const std::vector<std::string>& command, const Setup& setup);

  pid_t pid_ = 0;
  tracer::UniqueFd input_;
  tracer::UniqueFd output_;
  tracer::UniqueFd error_;
  tracer::UniqueFd gate_;
  tracer::UniqueFd alive_;  // a pipe whose other end all guests hold
  std::string buffered_;
};

/// Runs the script and returns its output.
std::string output_of(const std::string& script, const Running::Setup& setup);

}  // namespace vgpu::launcher
