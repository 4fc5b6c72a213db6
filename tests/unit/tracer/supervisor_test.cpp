#include "tracer/supervisor.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/tracer/guest.h"
#include "tracer/filter/filter.h"
#include "tracer/notify/listener.h"
#include "tracer/sys/pidfd.h"
#include "tracer/trace/observer.h"

namespace vgpu::tracer::testing {
namespace {

/// What the events of files say.
struct Told : EventSink {
  void take(const Event& event) override {
    std::string line;
    for (const Key key : {Key::call, Key::path, Key::resolved, Key::why})
      line.append(line.empty() ? "" : " ").append(event.text(key));
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;
};

TEST_CASE("supervise: a fault of ours is EIO and a bug line, and the next call is served") {
  const std::vector<VirtualFile> files = {
      rendered_file("/dev/vbroken",
                    []() -> std::string { throw std::runtime_error("cannot render"); }),
      alias_file("/dev/vgone", "/nowhere/at/all"), text_file("/dev/vgood", "x")};
  const Outcome outcome = run_guest(files, {}, [] {
    EXPECT_FAILS(::open("/dev/vbroken", O_RDONLY), EIO);
    EXPECT_FAILS(::open("/dev/vgone", O_RDONLY), EIO);
    EXPECT(::open("/dev/vgood", O_RDONLY) >= 0);
  });
  CHECK(outcome.missed.empty());
  REQUIRE(outcome.bugs.size() == 2);
  CHECK(outcome.bugs[0] == "cannot render");
}

TEST_CASE("supervise: every decision is told, what passes is not") {
  Told told;
  Recorder recorder(told, nullptr);
  Wanted wanted;
  wanted.processes = false;
  wanted.matching_files = true;
  Observer observer(recorder, wanted);
  Hooks hooks;
  hooks.observer = &observer;
  const auto files = usual_files();
  const auto rules = usual_rules();
  const Outcome outcome = run_guest(
      files, rules,
      [] {
        ::access("/dev/null", R_OK);
        ::access("/dev/../dev/vdev0", R_OK);
        ::access("/tmp/libvtest.so.1", R_OK);
      },
      hooks);
  CHECK(outcome.status == 0);
  CHECK(told.lines ==
        std::vector<std::string>{"access /dev/../dev/vdev0 /dev/vdev0 a virtual file",
                                 "access /tmp/libvtest.so.1 /tmp/libvtest.so.1 found anywhere"});
}

TEST_CASE("supervise: a guest that cannot be read is let alone") {
  check_guest([] {
    if (::getuid() == 0) EXPECT(::setresuid(1234, 1234, 1234) == 0);
    EXPECT(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    EXPECT(::open("/dev/null", O_RDONLY) >= 0);
  });
}

TEST_CASE("supervise: processes and threads at once are all served") {
  check_guest([] {
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
          threads.emplace_back([] {
            for (int n = 0; n < 50; ++n) {
              const int fd = ::open("/dev/vdev0", O_RDWR);
              EXPECT(fd >= 0);
              ::close(fd);
              EXPECT(::access("/etc/group", R_OK) == 0);
            }
          });
        for (auto& thread : threads) thread.join();
        ::_exit(0);
      }
      children.push_back(pid);
    }
    for (const pid_t pid : children) {
      int status = -1;
      EXPECT(::waitpid(pid, &status, 0) == pid && status == 0);
    }
  });
}

TEST_CASE("supervise: guests killed in the middle of their calls do no harm, threads or not") {
  check_guest([] {
    for (int i = 1; i <= 90; ++i) {
      int ends[2];
      EXPECT(::pipe(ends) == 0);
      const pid_t pid = ::fork();
      if (pid == 0) {
        // The end of the first thread is seen only after that of the others.
        for (int n = 0; n < i % 3; ++n) std::thread([] { ::pause(); }).detach();
        while (::write(ends[1], "", 1) == 1) {
          ::close(::open("/dev/vdev0", O_RDWR));
          static_cast<void>(::chdir("/proc/driver/vdrv"));
          struct stat result {};
          ::stat("/dev/vlink", &result);
        }
      }
      ::close(ends[1]);
      char round = 0;
      for (int n = 0; n < i; ++n) EXPECT(::read(ends[0], &round, 1) == 1);
      ::close(ends[0]);
      ::kill(pid, SIGKILL);
      int status = -1;
      EXPECT(::waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    }
    EXPECT(::open("/dev/vdev0", O_RDWR) >= 0);
  });
}

TEST_CASE("supervise: signals that restart calls lose nothing and leak nothing") {
  check_guest([] {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    EXPECT(::sigaction(SIGALRM, &action, nullptr) == 0);
    const itimerval often{{0, 500}, {0, 500}};
    EXPECT(::setitimer(ITIMER_REAL, &often, nullptr) == 0);
    const int lowest = ::dup(0);
    ::close(lowest);
    for (int i = 0; i < 2000; ++i) {
      const int fd = ::open("/proc/driver/vdrv/version", O_RDONLY);
      EXPECT(fd == lowest);
      ::close(fd);
      EXPECT(::chdir(i % 2 == 0 ? "/proc/driver/vdrv" : "/proc") == 0);
    }
  });
}

TEST_CASE("supervise: a stop is never lost, whatever the guest is doing") {
  check_guest([] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) {
        EXPECT(::chdir("/proc/driver/vdrv") == 0);
        EXPECT(::access("version", R_OK) == 0);
      }
    }
    int status = -1;
    for (int i = 0; i < 200; ++i) {
      EXPECT(::kill(pid, SIGSTOP) == 0);
      EXPECT(::waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
      EXPECT(::kill(pid, SIGCONT) == 0);
    }
    EXPECT(::kill(pid, SIGKILL) == 0);
    EXPECT(::waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  });
}

TEST_CASE("supervise: a full table of descriptors is the guest's error") {
  check_guest([] {
    while (::dup(0) >= 0) continue;
    EXPECT_FAILS(::open("/dev/vdev0", O_RDWR), EMFILE);
    EXPECT_FAILS(::chdir("/proc/driver/vdrv"), EMFILE);
    EXPECT(::access("/dev/vdev0", R_OK) == 0);
  });
}

TEST_CASE("a guest whose supervisor is gone is told so, in the middle of a call and after it") {
  const auto filter = make_filter();
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    int number = install_filter(filter).release();
    if (::write(theirs.get(), &number, sizeof number) < 0) ::_exit(1);
    if (::read(theirs.get(), &number, 1) != 1) ::_exit(2);
    ::close(number);
    for (int i = 0; i < 2; ++i)
      if (::open("/dev/null", O_RDONLY) >= 0 || errno != ENOSYS) ::_exit(3);
    ::execl("/bin/true", "true", nullptr);
    ::_exit(errno == ENOSYS ? 7 : 4);
  }
  theirs = UniqueFd();
  int number = -1;
  REQUIRE(::read(ours.get(), &number, sizeof number) == sizeof number);
  {
    Listener listener(copy_fd(open_pidfd(pid), number));
    REQUIRE(listener.fd() >= 0);
    REQUIRE(::write(ours.get(), &number, 1) == 1);
    REQUIRE(listener.next().has_value());  // taken, never answered
  }
  int status = -1;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("supervise: an exec of another thread in the middle of a call does no harm") {
  const auto files = usual_files();
  for (int round = 0; round < 100; ++round) {
    const Outcome outcome = run_guest(files, {}, [&] {
      std::thread other([&] {
        for (int n = 0; n < round % 10; ++n) ::access("/dev/null", R_OK);
        ::execl("/bin/true", "true", nullptr);
      });
      for (;;) static_cast<void>(::chdir("/proc/driver/vdrv"));
    });
    for (const std::string& text : outcome.missed) FAIL("round " << round << ": " << text);
    REQUIRE(outcome.status == 0);
  }
}

TEST_CASE("supervise: it outlives the program while a daemon of it lives") {
  check_guest([] {
    if (::fork() != 0) return;
    ::setsid();
    EXPECT(::open("/dev/vdev0", O_RDWR) >= 0);
  });
}

}  // namespace
}  // namespace vgpu::tracer::testing
