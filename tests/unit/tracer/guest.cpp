#include "tests/unit/tracer/guest.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "tracer/filter/filter.h"
#include "tracer/notify/listener.h"
#include "tracer/ptrace/tracing.h"
#include "tracer/sys/errors.h"
#include "tracer/sys/pidfd.h"

namespace vgpu::tracer::testing {
namespace {

constexpr int kMissed = 3;
constexpr int kLimitSeconds = 60;

int report_fd = -1;  // only ever set in the guest

// Tells the test a number, and waits until it is ready for what comes.
void tell_and_wait(int channel, int number) {
  char go = 0;
  if (::write(channel, &number, sizeof number) != sizeof number) ::_exit(kMissed);
  if (::read(channel, &go, 1) != 1) ::_exit(kMissed);
}

[[noreturn]] void become_guest(std::span<const sock_filter> filter, int channel,
                               const std::function<void()>& body) {
  report_fd = channel;
  try {
    if (is_ptrace()) {
      tell_and_wait(channel, -1);
      install_traced_filter(filter);
    } else {
      const UniqueFd listener = install_filter(filter);
      tell_and_wait(channel, listener.get());
    }  // closed here, else the listener never hangs up
  } catch (const std::exception& error) {
    miss("install_filter", 0, error.what());
  }
  body();
  ::_exit(0);
}

// With ptrace, the engine is the one to hear how the guest ended.
std::unique_ptr<Engine> make_engine(pid_t pid, UniqueFd listener, Outcome& outcome) {
  if (!is_ptrace()) return std::make_unique<Listener>(std::move(listener));
  return std::make_unique<Tracing>(pid, [&outcome](const siginfo_t& info) {
    constexpr int kExitShift = 8;
    if (info.si_code == CLD_EXITED) outcome.status = info.si_status << kExitShift;
    if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) outcome.status = info.si_status;
  });
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 512> part{};
  for (;;) {
    const ssize_t size = ::recv(fd, part.data(), part.size(), 0);
    if (size <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(size)) += '\n';
  }
}

}  // namespace

bool is_ptrace() {
  const char* engine = std::getenv("VGPU_ENGINE");
  return engine != nullptr && std::string_view(engine) == "ptrace";
}

void miss(const char* file, int line, const char* what) {
  std::array<char, 400> text{};
  const int error = errno;
  const int size =
      std::snprintf(text.data(), text.size(), "%s:%d: %s (errno %d)", file, line, what, error);
  if (report_fd >= 0) {
    if (::write(report_fd, text.data(), static_cast<std::size_t>(size)) < 0) ::_exit(kMissed + 1);
  }
  ::_exit(kMissed);
}

Outcome run_guest(std::span<const VirtualFile> files, std::span<const Rule> rules,
                  const std::function<void()>& body, Hooks hooks) {
  Outcome outcome;
  const auto filter = make_filter(is_ptrace() ? Stop::trace : Stop::notify);
  sigset_t child_signals;
  ::sigemptyset(&child_signals);
  ::sigaddset(&child_signals, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_signals, nullptr);
  int ends[2];
  check_sys(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t pid = check_sys(::fork(), "fork");
  if (pid == 0) {
    ::sigprocmask(SIG_UNBLOCK, &child_signals, nullptr);
    // A stopped member of our own group, were that an orphan, would bring us a SIGHUP.
    ::setpgid(0, 0);
    become_guest(filter, theirs.get(), body);
  }
  theirs = UniqueFd();
  const UniqueFd pidfd = open_pidfd(pid);
  int number = -1;
  REQUIRE(::read(ours.get(), &number, sizeof number) == sizeof number);
  const std::unique_ptr<Engine> engine = make_engine(pid, copy_fd(pidfd, number), outcome);
  REQUIRE(engine->fd() >= 0);
  REQUIRE(::write(ours.get(), "", 1) == 1);

  hooks.bug = [&](std::string_view text) { outcome.bugs.emplace_back(text); };
  const UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  const itimerspec limit{{}, {kLimitSeconds, 0}};
  ::timerfd_settime(timer.get(), 0, &limit, nullptr);
  Watch watches[] = {{timer.get(), [&] {
                        outcome.missed.emplace_back("the guest did not end in time");
                        ::kill(-pid, SIGKILL);  // its children too
                        watches[0].fd = -1;
                      }}};
  supervise(*engine, rules, files, hooks, watches);
  if (!is_ptrace()) ::waitpid(pid, &outcome.status, 0);
  if (const std::string text = read_all(ours.get()); !text.empty()) outcome.missed.push_back(text);
  return outcome;
}

void check_guest(const std::function<void()>& body) {
  const auto files = usual_files();
  const auto rules = usual_rules();
  const Outcome outcome = run_guest(files, rules, body);
  for (const std::string& text : outcome.missed) FAIL_CHECK(text);
  for (const std::string& text : outcome.bugs) FAIL_CHECK("bug: " << text);
  CHECK(outcome.status == 0);
}

std::vector<VirtualFile> usual_files() {
  return {
      character_device("/dev/vdev0", 195, 7),
      character_device("/dev/vlocked", 195, 8, 0600),
      virtual_symlink("/dev/vlink", "vdev0"),
      virtual_symlink("/dev/vloop", "vloop"),
      virtual_symlink("/dev/vreal", "/etc"),
      virtual_directory("/dev/vcaps", 0755),
      character_device("/dev/vcaps/cap1", 195, 1, 0444),
      text_file("/proc/driver/vdrv/version", "one\ntwo\n"),
      text_file("/proc/driver/vdrv/gpus/0000:99:00.0/information", "Model: none\n"),
      virtual_symlink("/sys/bus/pci/devices/0000:99:00.0",
                      "../../../devices/pci0000:99/0000:99:00.0"),
      text_file("/sys/devices/pci0000:99/0000:99:00.0/vendor", "0x1234\n"),
      virtual_symlink("/sys/devices/pci0000:99/0000:99:00.0/subsystem", "../../../bus/pci"),
      rendered_file("/proc/devices", [] { return std::string("195 vdrv\n"); }),
      absent_file("/etc/passwd"),
      alias_file("/usr/lib/libvtest.so.1", "/proc/self/exe"),
      virtual_symlink("/usr/lib/libvtest.so", "libvtest.so.1"),
      alias_file("/usr/bin/vprogram", "/bin/sh", 0755),
      text_file("/usr/bin/vscript", "#!/bin/sh\nexit \"$1\"\n", 0755),
  };
}

std::vector<Rule> usual_rules() {
  return {
      {"*", "/dev/vforbidden*", Action::fail, EPERM, "", "nobody may"},
      {"*", "*/libvtest.so.1", Action::serve, 0, "/usr/lib/libvtest.so.1", "found anywhere"},
  };
}

}  // namespace vgpu::tracer::testing
