// What a program inherits under vgpu-run is compared with what it inherits without it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "running.h"

namespace vgpu::launcher {
namespace {

void check_same(const std::string& script, std::function<void()> before_exec = {}) {
  Running::Setup setup;
  setup.before_exec = std::move(before_exec);
  setup.supervised = false;
  const std::string alone = output_of(script, setup);
  setup.supervised = true;
  CHECK(output_of(script, setup) == alone);
  CHECK_FALSE(alone.empty());
}

/// Units: microseconds; enough for vgpu-run to get as far as to take signals.
constexpr unsigned kAlarm = 500'000;

constexpr const char* kSignals = "grep -E '^(SigBlk|SigIgn|SigCgt|ShdPnd)' /proc/self/status";
/// Numbers of the open descriptors; the one that `ls` itself has open is the same both times.
constexpr const char* kDescriptors = "ls /proc/self/fd";

}  // namespace

TEST_CASE("inherited: working directory and umask") {
  check_same("pwd; umask", [] {
    ::umask(0137);
    CHECK(::chdir("/usr") == 0);
  });
}

TEST_CASE("inherited: limits, which bind the program and not its supervisor") {
  const auto few = [] {
    for (const auto& [resource, soft] :
         {std::pair{RLIMIT_NOFILE, 12}, std::pair{RLIMIT_FSIZE, 0}}) {
      rlimit limit{};
      ::getrlimit(resource, &limit);
      limit.rlim_cur = static_cast<rlim_t>(soft);
      ::setrlimit(resource, &limit);
    }
  };
  check_same("grep -E 'Max (open files|file size)' /proc/$$/limits", few);
  Running::Setup setup;
  setup.before_exec = few;
  CHECK(output_of("cat /sys/module/nvidia/version; grep -E 'Max (open files|file size)' "
                  "/proc/$PPID/limits | awk '{ print $4 == $5 }'",
                  setup) == "580.159.04\n1\n1\n");
}

TEST_CASE("inherited: process group and session") {
  check_same(
      "cut -d' ' -f5,6 /proc/self/stat | tr ' ' '\\n' | while read id; do "
      "[ $id = $GROUP ] && echo same; done; echo end",
      [] { ::setenv("GROUP", std::to_string(::getpgrp()).c_str(), 1); });
}

TEST_CASE("inherited: environment") { check_same("env | grep -v '^_='"); }

TEST_CASE("inherited: signals as they are by default") { check_same(kSignals); }

TEST_CASE("inherited: ignored and blocked signals") {
  check_same(kSignals, [] {
    for (const int number : {SIGINT, SIGPIPE, SIGHUP, SIGCHLD}) ::signal(number, SIG_IGN);
    sigset_t blocked;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR1);
    ::sigaddset(&blocked, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  });
}

TEST_CASE("inherited: open descriptors, and no others") {
  check_same(kDescriptors);
  check_same("cat <&7", [] { ::dup2(::open("/proc/sys/kernel/ostype", O_RDONLY), 7); });
}

TEST_CASE("inherited: closed standard descriptors stay closed") {
  check_same("[ -e /proc/self/fd/0 ] && echo open || echo closed; ls /proc/self/fd | tail -n +2",
             [] { ::close(STDIN_FILENO); });
  check_same(kDescriptors, [] {
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
  });
}

TEST_CASE("inherited: an alarm that was set before rings in the program") {
  Running::Setup setup;
  setup.before_exec = [] { ::ualarm(kAlarm, 0); };
  Running running("read x <&9", setup);
  CHECK(running.wait() == 128 + SIGALRM);
}

TEST_CASE("a program has the same name and words as without vgpu-run") {
  check_same("cat /proc/$$/comm; tr '\\0' ' ' < /proc/$$/cmdline");
}

}  // namespace vgpu::launcher
