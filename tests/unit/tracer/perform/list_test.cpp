#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/tracer/guest.h"

namespace vgpu::tracer::testing {
namespace {

using Names = std::vector<std::string>;

Names names_of(DIR* directory) {
  Names names;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    // Processes come and go in /proc between two readings.
    if (name.find_first_not_of("0123456789") != name.npos) names.emplace_back(name);
  }
  return names;
}

long count(const Names& names, const char* name) { return std::ranges::count(names, name); }

bool no_name_twice(Names names) {
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) == names.end();
}

// Reads with this much room at a time, by the old call or the new one.
Names read_in_steps(const char* path, std::size_t room, long call) {
  const int fd = ::open(path, O_RDONLY | O_DIRECTORY);
  EXPECT(fd >= 0);
  Names names;
  std::vector<char> buffer(room);
  for (;;) {
    const long size = ::syscall(call, fd, buffer.data(), buffer.size());
    if (size < 0) return {"error"};
    if (size == 0) break;
    for (long at = 0; at < size;) {
      std::uint16_t length = 0;
      std::memcpy(&length, buffer.data() + at + 16, sizeof length);
      names.emplace_back(buffer.data() + at + (call == SYS_getdents64 ? 19 : 18));
      at += length;
    }
  }
  ::close(fd);
  std::ranges::sort(names);  // ours come after the first of the real ones, however many these are
  return names;
}

TEST_CASE("getdents: a real directory shows its own entries and ours, each once") {
  check_guest([] {
    const struct {
      const char* path;
      const char* ours;
      const char* theirs;
    } places[] = {{"/dev", "vdev0", "null"},
                  {"/proc", "devices", "meminfo"},
                  {"/proc/driver", "vdrv", ".."},
                  {"/sys/bus/pci/devices", "0000:99:00.0", ".."},
                  {"/sys/devices", "pci0000:99", "system"},
                  {"/usr/lib", "libvtest.so.1", "os-release"}};
    for (const auto& place : places) {
      DIR* directory = ::opendir(place.path);
      EXPECT(directory != nullptr);
      const Names names = names_of(directory);
      if (count(names, place.ours) != 1 || count(names, place.theirs) != 1 ||
          count(names, ".") != 1 || count(names, "..") != 1 || !no_name_twice(names))
        miss(place.path, 0, "lists wrongly");
      ::rewinddir(directory);
      if (names_of(directory) != names) miss(place.path, 0, "lists otherwise after rewinddir");
      ::closedir(directory);
    }
  });
}

TEST_CASE("getdents: a hidden file is not listed") {
  check_guest([] {
    const Names names = names_of(::opendir("/etc"));
    EXPECT(count(names, "passwd") == 0 && count(names, "group") == 1);
  });
}

TEST_CASE("getdents: a virtual directory lists its entries, again after rewinddir and seekdir") {
  check_guest([] {
    DIR* directory = ::opendir("/proc/driver/vdrv");
    EXPECT(directory != nullptr);
    const Names names = names_of(directory);
    EXPECT(names.size() == 4 && no_name_twice(names));
    EXPECT(count(names, "version") == 1 && count(names, "gpus") == 1 && count(names, ".") == 1);
    ::rewinddir(directory);
    EXPECT(names_of(directory) == names);
    ::rewinddir(directory);
    ::readdir(directory);
    const long second = ::telldir(directory);
    const std::string name = ::readdir(directory)->d_name;
    names_of(directory);
    ::seekdir(directory, second);
    EXPECT(::readdir(directory)->d_name == name);
  });
}

TEST_CASE("getdents: any room that holds our entries gives the same list, in both layouts") {
  check_guest([] {
    for (const char* path : {"/dev", "/proc/driver", "/proc/driver/vdrv", "/usr/lib"}) {
      const Names all = read_in_steps(path, 32768, SYS_getdents64);
      EXPECT(no_name_twice(all));
      EXPECT(read_in_steps(path, 512, SYS_getdents64) == all);
      EXPECT(read_in_steps(path, 512, SYS_getdents) == all);
      EXPECT(read_in_steps(path, 32768, SYS_getdents) == all);
    }
    EXPECT(read_in_steps("/proc/driver/vdrv", 32, SYS_getdents64).size() == 4);
    EXPECT(read_in_steps("/proc/driver/vdrv", 16, SYS_getdents64) == Names{"error"});
  });
}

// As in a container without CAP_SYS_PTRACE. For good, so in a process of its own.
void lose_pidfd_getfd() {
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(pidfd_getfd), 0);
  const bool loaded = ::seccomp_load(filter) == 0;
  ::seccomp_release(filter);
  if (!loaded) ::_exit(4);
}

TEST_CASE("getdents: where we may not take the guest's descriptor the guest moves it itself") {
  const pid_t child = ::fork();
  if (child == 0) {
    bool lost = false;
    auto files = usual_files();
    files.push_back(rendered_file("/tmp/vlose", [&]() -> std::string {
      if (!std::exchange(lost, true)) lose_pidfd_getfd();
      return "lost";
    }));
    const Outcome outcome = run_guest(files, {}, [] {
      struct stat status {};
      EXPECT(::stat("/tmp/vlose", &status) == 0);
      for (const char* path : {"/dev", "/proc/driver/vdrv"}) {
        const Names all = read_in_steps(path, 32768, SYS_getdents64);
        EXPECT(all.size() > 2 && no_name_twice(all));
        EXPECT(read_in_steps(path, 512, SYS_getdents64) == all);
      }
      EXPECT(count(names_of(::opendir("/dev")), "vdev0") == 1);
      std::array<char, 512> room{};
      const int no_reading = ::open("/dev", O_PATH | O_DIRECTORY);
      EXPECT(::syscall(SYS_getdents64, no_reading, room.data(), room.size()) == -1);
      EXPECT(errno == EBADF);
    });
    ::_exit(lost && outcome.status == 0 && outcome.bugs.empty() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("getdents: a guest that cannot be read sees the real directory") {
  check_guest([] {
    if (::getuid() == 0) EXPECT(::setresuid(1234, 1234, 1234) == 0);
    EXPECT(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    const Names names = names_of(::opendir("/dev"));
    EXPECT(count(names, "null") == 1 && no_name_twice(names));
  });
}

TEST_CASE("getdents: a forked child goes on where its parent stopped") {
  check_guest([] {
    const int fd = ::open("/dev", O_RDONLY | O_DIRECTORY);
    std::array<char, 32768> buffer{};
    EXPECT(::syscall(SYS_getdents64, fd, buffer.data(), buffer.size()) > 0);
    const pid_t child = ::fork();
    if (child == 0) {
      long size = 0;
      do size = ::syscall(SYS_getdents64, fd, buffer.data(), buffer.size());
      while (size > 0 &&
             ::memmem(buffer.data(), static_cast<std::size_t>(size), "vdev0", 6) == nullptr);
      ::_exit(size == 0 ? 0 : 1);
    }
    int status = -1;
    EXPECT(::waitpid(child, &status, 0) == child && status == 0);
  });
}

}  // namespace
}  // namespace vgpu::tracer::testing
