#include "launcher/own_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>
#include <string_view>

#include "tracer/sys/pidfd.h"

namespace vgpu::launcher {
namespace {

using tracer::UniqueFd;

/// Units: seconds; only a hang takes as long.
constexpr unsigned kHang = 30;

/// Runs `body` in a child, since letting go closes the descriptors of a whole process.
bool holds_in_child(const std::function<bool()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(kHang);
    ::_exit(body() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status == 0;
}

/// A terminal passes on what it is given in its own time.
std::string read_until(std::string_view end, int fd) {
  std::string all;
  while (!all.ends_with(end)) {
    pollfd wait{fd, POLLIN, 0};
    char part[4096];
    ::poll(&wait, 1, -1);
    const ssize_t size = ::read(fd, part, sizeof part);
    if (size <= 0) break;
    all.append(part, static_cast<std::size_t>(size));
  }
  return all;
}

/// A process that only has our standard error, and ends with us.
UniqueFd start_program() {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (::getppid() == parent) ::pause();
    ::_exit(0);
  }
  return tracer::open_pidfd(pid);
}

}  // namespace

TEST_CASE("own output: a stopped terminal stops nobody, and what it did not take is counted") {
  CHECK(holds_in_child([] {
    int master = -1;
    int slave = -1;
    if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) return false;
    ::dup2(slave, STDERR_FILENO);
    OwnOutput own;
    own.let_go({master, slave}, UniqueFd());
    ::tcflow(slave, TCOOFF);
    own.line("one");
    own.line("two");
    ::tcflow(slave, TCOON);
    own.line("three");
    own.line("four");
    return read_until("four\r\n", master) ==
           "vgpu-run: lines dropped here: 2\r\nvgpu-run: three\r\nvgpu-run: four\r\n";
  }));
}

TEST_CASE("own output: a full pipe stops nobody") {
  CHECK(holds_in_child([] {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    while (::write(ends[1], "x", 1) == 1) continue;
    ::fcntl(ends[1], F_SETFL, 0);
    ::dup2(ends[1], STDERR_FILENO);
    OwnOutput own;
    own.let_go({ends[0]}, start_program());
    own.line(std::string(100'000, 'y'));
    char part[4096];
    while (::read(ends[0], part, sizeof part) > 0) continue;
    own.line("said");
    return read_until("said\n", ends[0]) == "vgpu-run: lines dropped here: 1\nvgpu-run: said\n";
  }));
}

TEST_CASE("own output: a pipe is reached through the program, however long the caller keeps it") {
  CHECK(holds_in_child([] {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    ::dup2(ends[1], STDERR_FILENO);
    OwnOutput own;
    own.let_go({ends[0]}, start_program());
    own.line("said");
    return read_until("said\n", ends[0]) == "vgpu-run: said\n";
  }));
}

TEST_CASE("own output: a pipe that is kept outlives the program, until somebody closes it") {
  CHECK(holds_in_child([] {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    ::dup2(ends[1], STDERR_FILENO);
    OwnOutput own;
    own.keep_pipe();
    if (own.closings() < 0) return true;  // a kernel that does not say when a pipe is closed
    own.let_go({ends[0], ends[1]}, UniqueFd());
    pollfd closed{own.closings(), POLLIN, 0};
    if (::poll(&closed, 1, 0) != 0) return false;
    ::close(ends[1]);
    if (::poll(&closed, 1, 0) != 1) return false;
    own.line("said");
    if (read_until("said\n", ends[0]) != "vgpu-run: said\n") return false;
    own.drop_pipe();
    char none = 0;
    return own.closings() < 0 && ::read(ends[0], &none, 1) == 0;
  }));
}

}  // namespace vgpu::launcher
