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

#include "tracer/filter/filter.h"
#include "tracer/sys/errors.h"
#include "tracer/sys/pidfd.h"

namespace vgpu::tracer::testing {
namespace {

constexpr int kMissed = 3;
constexpr int kLimitSeconds = 10;

int report_fd = -1;  // only ever set in the guest

[[noreturn]] void become_guest(std::span<const sock_filter> filter, int channel,
                               const std::function<void()>& body) {
  report_fd = channel;
  int number = -1;
  try {
    number = install_filter(filter).release();
  } catch (const std::exception& error) {
    miss("install_filter", 0, error.what());
  }
  char go = 0;
  if (::write(channel, &number, sizeof number) != sizeof number) ::_exit(kMissed);
  if (::read(channel, &go, 1) != 1) ::_exit(kMissed);
  ::close(number);  // else the listener never hangs up
  body();
  ::_exit(0);
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
  const auto filter = make_filter();
  int ends[2];
  check_sys(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t pid = check_sys(::fork(), "fork");
  if (pid == 0) become_guest(filter, theirs.get(), body);
  theirs = UniqueFd();
  const UniqueFd pidfd = open_pidfd(pid);
  int number = -1;
  REQUIRE(::read(ours.get(), &number, sizeof number) == sizeof number);
  Listener listener(copy_fd(pidfd, number));
  REQUIRE(listener.fd() >= 0);
  REQUIRE(::write(ours.get(), "", 1) == 1);

  hooks.bug = [&](std::string_view text) { outcome.bugs.emplace_back(text); };
  const UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  const itimerspec limit{{}, {kLimitSeconds, 0}};
  ::timerfd_settime(timer.get(), 0, &limit, nullptr);
  Watch watches[] = {{timer.get(), [&] {
                        outcome.missed.emplace_back("the guest did not end in time");
                        ::kill(pid, SIGKILL);
                        watches[0].fd = -1;
                      }}};
  supervise(listener, rules, files, hooks, watches);
  ::waitpid(pid, &outcome.status, 0);
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
