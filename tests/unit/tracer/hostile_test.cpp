#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <random>
#include <string>

#include "tests/unit/tracer/guest.h"
#include "tracer/syscalls/table.h"

namespace vgpu::tracer::testing {
namespace {

constexpr const char* kPaths[] = {"/dev/vdev0",
                                  "/dev/vlink",
                                  "/dev/vloop",
                                  "/dev/vcaps",
                                  "/dev/vcaps/",
                                  "/dev/vcaps/cap1/..",
                                  "/proc/driver/vdrv",
                                  "/proc/driver/vdrv/version/",
                                  "/proc/driver/vdrv/../../..",
                                  "/proc/self/fd/0",
                                  "/proc/self/fd/3",
                                  "/proc/self/fd/3/..",
                                  "/proc/self/cwd/vdev0",
                                  "/proc/thread-self/fd/4",
                                  "/proc/self/fd/999999999999",
                                  "/proc/self/fd/-1",
                                  "vdev0",
                                  "fd",
                                  "../vdev0",
                                  "./././vdev0",
                                  "/dev/vreal/../vreal/group",
                                  "/libvtest.so.1",
                                  "libvtest.so.1",
                                  "/dev/fd/0/vdev0",
                                  "/proc/1/root/dev/vdev0",
                                  "/proc/self/root/proc/self/root/dev/vdev0",
                                  "/proc/driver/vdrv/version\xff",
                                  "/dev/stdin",
                                  "",
                                  "/",
                                  "//",
                                  ".",
                                  ".."};

// Calls with arguments of every kind, in a child that may die of what it asks for.
void ask_everything(unsigned seed) {
  std::mt19937 random(seed);
  const auto page = reinterpret_cast<std::uintptr_t>(
      ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const std::string huge(6000, '/');
  const auto defs = syscalls();
  ::open("/proc/driver/vdrv", O_RDONLY);
  ::open("/dev/vdev0", O_RDWR);
  for (int round = 0; round < 3000; ++round) {
    const SyscallDef& def = defs[random() % defs.size()];
    if (def.operation == Operation::change_root || def.operation == Operation::install_filter)
      continue;  // it would stay
    std::array<std::uintptr_t, 6> args{};
    for (std::size_t i = 0; i < args.size(); ++i) {
      const std::array<std::uintptr_t, 6> choices = {page, page + 8190, 0,
                                                     8,    random(),    ~std::uintptr_t{0}};
      args[i] = choices[random() % choices.size()];
      if (def.args[i] == Arg::path)
        args[i] = random() % 20 == 0
                      ? reinterpret_cast<std::uintptr_t>(huge.c_str())
                      : reinterpret_cast<std::uintptr_t>(kPaths[random() % std::size(kPaths)]);
      if (def.args[i] == Arg::dirfd || def.args[i] == Arg::fd)
        args[i] = random() % 4 == 0 ? static_cast<std::uintptr_t>(AT_FDCWD) : random() % 8;
      if (def.args[i] == Arg::size) args[i] = random() % 3 == 0 ? args[i] : random() % 200;
      if (def.args[i] == Arg::open_flags) args[i] &= ~std::uintptr_t{O_CREAT};
    }
    if (def.implied_flags & O_CREAT && def.operation == Operation::open)
      args[0] = reinterpret_cast<std::uintptr_t>("/dev/vdev0");
    const long fd = ::syscall(def.number, args[0], args[1], args[2], args[3], args[4], args[5]);
    if (def.operation == Operation::open && fd > 7) ::close(static_cast<int>(fd));
  }
}

TEST_CASE("supervise: no argument makes it fail, hang or stop serving") {
  check_guest([] {
    for (unsigned seed = 1; seed <= 8; ++seed) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ask_everything(seed);
        ::_exit(0);
      }
      int status = -1;
      EXPECT(::waitpid(pid, &status, 0) == pid);
      EXPECT(::open("/dev/vdev0", O_RDWR) >= 0);
    }
  });
}

TEST_CASE("supervise: in a changed root the same names are served") {
  check_guest([] {
    if (::getuid() != 0) return;  // others may not change their root
    EXPECT(::chroot("/usr") == 0 && ::chdir("/") == 0);
    EXPECT(::access("/lib/libvtest.so.1", R_OK) == 0);
    EXPECT_FAILS(::access("/nowhere/libvtest.so.1", R_OK), ENOENT);
    EXPECT(::open("bin/../bin/libvtest.so.1", O_RDONLY) >= 0);
  });
}

TEST_CASE("supervise: a call that is never finished does not stop the others") {
  check_guest([] {
    std::array<char, 40> name{"/tmp/vfs-test-XXXXXX"};
    EXPECT(::mkdtemp(name.data()) != nullptr);
    const std::string fifo = std::string(name.data()) + "/vdev0";  // a name that we look at
    EXPECT(::mkfifo(fifo.c_str(), 0600) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::open(fifo.c_str(), O_RDONLY);  // waits for a writer
      ::_exit(0);
    }
    EXPECT(::open("/dev/vdev0", O_RDWR) >= 0);
    const int writer = ::open(fifo.c_str(), O_WRONLY);
    EXPECT(writer >= 0);
    int status = -1;
    EXPECT(::waitpid(pid, &status, 0) == pid && status == 0);
    EXPECT(::unlink(fifo.c_str()) == 0 && ::rmdir(name.data()) == 0);
  });
}

}  // namespace
}  // namespace vgpu::tracer::testing
