#include "running.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "launcher/process_tree.h"
#include "tracer/sys/errors.h"

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::UniqueFd;

/// Far longer than anything takes: a test that waits this long has found a hang.
constexpr int kHang = 20'000;

/// The number that a script reads its gate by.
constexpr int kGate = 9;

/// Both ends have numbers above kGate, so that it can be given to a child that has them all.
struct Pipe {
  Pipe() {
    int ends[2];
    check_sys(::pipe2(ends, O_CLOEXEC), "pipe");
    const UniqueFd first(ends[0]);
    const UniqueFd second(ends[1]);
    out = UniqueFd(check_sys(::fcntl(ends[0], F_DUPFD_CLOEXEC, kGate + 1), "pipe"));
    in = UniqueFd(check_sys(::fcntl(ends[1], F_DUPFD_CLOEXEC, kGate + 1), "pipe"));
  }
  UniqueFd out;
  UniqueFd in;
};

bool readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, kHang) == 1;
}

std::string read_some(const UniqueFd& fd) {
  REQUIRE_MESSAGE(readable(fd.get()), "a hang");
  char bytes[4096];
  const ssize_t size = ::read(fd.get(), bytes, sizeof bytes);
  if (size <= 0) return {};  // a terminal whose last user has gone says EIO
  return {bytes, static_cast<std::size_t>(size)};
}

std::string read_all(const UniqueFd& fd) {
  std::string all;
  for (std::string part = read_some(fd); !part.empty(); part = read_some(fd)) all += part;
  return all;
}

/// The test framework's signal handlers are not for our child: it starts with all signals blocked,
/// and lets them come when it has the default ones.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  void release_in_child() const {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t before_{};
};

[[noreturn]] void become(const std::vector<std::string>& command, const Running::Setup& setup) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  if (setup.before_exec) setup.before_exec();
  std::vector<std::string> words;
  if (setup.supervised) {
    words.emplace_back(VGPU_RUN);
    words.insert(words.end(), setup.options.begin(), setup.options.end());
  }
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(99);
}

}  // namespace

Running::Running(const std::string& script, const Setup& setup) {
  start({"sh", "-c", script}, setup);
}

Running::Running(const std::vector<std::string>& command, const Setup& setup) {
  start(command, setup);
}

void Running::start(const std::vector<std::string>& command, const Setup& setup) {
  check_sys(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
  Pipe input, output, error, alive, gate;
  int terminal = -1;
  const SignalsHeld held;
  pid_ = check_sys(setup.terminal ? ::forkpty(&terminal, nullptr, nullptr, nullptr) : ::fork(),
                   "fork");
  if (pid_ == 0) {
    held.release_in_child();
    ::fcntl(alive.in.get(), F_SETFD, 0);
    ::dup2(gate.out.get(), kGate);
    if (!setup.terminal) {
      ::dup2(input.out.get(), STDIN_FILENO);
      ::dup2(output.in.get(), STDOUT_FILENO);
      ::dup2(setup.error_into_output ? output.in.get() : error.in.get(), STDERR_FILENO);
    }
    become(command, setup);
  }
  alive_ = std::move(alive.out);
  gate_ = std::move(gate.in);
  error_ = std::move(error.out);
  if (setup.terminal) {
    output_ = UniqueFd(terminal);
    input_ = UniqueFd(::fcntl(terminal, F_DUPFD_CLOEXEC, 3));
  } else {
    input_ = std::move(input.in);
    output_ = std::move(output.out);
  }
}

Running::~Running() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  kill_guests();
  while (::waitpid(-1, nullptr, 0) > 0) continue;
}

void Running::write(std::string_view text) const {
  REQUIRE(::write(input_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

bool Running::input_is_broken() const {
  pollfd wait{input_.get(), 0, 0};
  return ::poll(&wait, 1, kHang) == 1 && (wait.revents & POLLERR) != 0;
}

std::string Running::line() {
  std::size_t end = buffered_.find('\n');
  while (end == std::string::npos) {
    const std::string part = read_some(output_);
    if (part.empty()) return std::exchange(buffered_, {});
    buffered_ += part;
    end = buffered_.find('\n');
  }
  std::string line = buffered_.substr(0, end);
  buffered_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string Running::rest() { return std::exchange(buffered_, {}) + read_all(output_); }

std::string Running::error_output() { return read_all(error_); }

void Running::kill(int signal) const { check_sys(::kill(pid_, signal), "kill {}", pid_); }

Change Running::wait_change() const {
  siginfo_t info{};
  check_sys(::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WSTOPPED | WCONTINUED),
            "wait for {}", pid_);
  return {info.si_code, info.si_status};
}

int Running::wait() const {
  const Change change = wait_change();
  CHECK(change.code == CLD_EXITED);
  return change.status;
}

bool Running::nothing_left() {
  pid_ = 0;
  if (!readable(alive_.get())) return false;  // ready when the last guest's end is closed
  // The supervisor ends by itself when its last guest has.
  while (::waitpid(-1, nullptr, 0) > 0) continue;
  return errno == ECHILD;
}

std::string output_of(const std::string& script, const Running::Setup& setup) {
  Running running(script, setup);
  running.close_input();
  std::string output = running.rest();
  CHECK(running.wait() == 0);
  return output;
}

}  // namespace vgpu::launcher
