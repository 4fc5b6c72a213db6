#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/tracer/guest.h"
#include "tracer/sys/memfd.h"

namespace vgpu::tracer::testing {
namespace {

std::string read_file(int fd) {
  std::array<char, 100> text{};
  const ssize_t size = ::read(fd, text.data(), text.size());
  return size < 0 ? "?" : std::string(text.data(), static_cast<std::size_t>(size));
}

std::string link_of(int fd) {
  std::array<char, 200> text{};
  const auto path = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  return size < 0 ? "?" : std::string(text.data(), static_cast<std::size_t>(size));
}

int open_how_at(int dirfd, const char* path, std::uint64_t flags, std::uint64_t resolve) {
  open_how how{flags, 0, resolve};
  return static_cast<int>(::syscall(SYS_openat2, dirfd, path, &how, sizeof how));
}

constexpr const char* kVersion = "/proc/driver/vdrv/version";

TEST_CASE("open: a virtual file has its content in every variant of the call") {
  check_guest([] {
    EXPECT(read_file(static_cast<int>(::syscall(SYS_open, kVersion, O_RDONLY))) == "one\ntwo\n");
    EXPECT(read_file(::openat(AT_FDCWD, kVersion, O_RDONLY)) == "one\ntwo\n");
    EXPECT(read_file(open_how_at(AT_FDCWD, kVersion, O_RDONLY, 0)) == "one\ntwo\n");
    EXPECT_FAILS(::creat(kVersion, 0644), EACCES);
    EXPECT(read_file(::open("/proc/devices", O_RDONLY)) == "195 vdrv\n");
  });
}

TEST_CASE("open: every spelling of a path leads to the same file") {
  check_guest([] {
    for (const char* path :
         {"/dev/vdev0", "//dev//vdev0", "/dev/./vdev0", "/dev/../dev/vdev0", "/dev/vcaps/../vdev0",
          "/proc/self/root/dev/vdev0", "/proc/thread-self/root/dev/vdev0", "/dev/vlink",
          "/../dev/vdev0", "/dev/vcaps/../../dev/vlink"}) {
      const int fd = ::open(path, O_RDWR);
      if (fd < 0 || link_of(fd) != "/dev/vdev0") miss(path, 0, "is not /dev/vdev0");
      ::close(fd);
    }
    EXPECT(::chdir("/dev") == 0);
    EXPECT(link_of(::open("vdev0", O_RDWR)) == "/dev/vdev0");
    EXPECT(link_of(::open("./vdev0", O_RDWR)) == "/dev/vdev0");
    EXPECT(link_of(::open("/proc/self/cwd/vdev0", O_RDWR)) == "/dev/vdev0");
    const int dev = ::open("/dev", O_PATH | O_DIRECTORY);
    EXPECT(::chdir("/etc") == 0);
    EXPECT(link_of(::openat(dev, "vdev0", O_RDWR)) == "/dev/vdev0");
    EXPECT(link_of(::openat(dev, "../dev/vdev0", O_RDWR)) == "/dev/vdev0");
    const auto through = "/proc/self/fd/" + std::to_string(dev) + "/vdev0";
    EXPECT(link_of(::open(through.c_str(), O_RDWR)) == "/dev/vdev0");
    EXPECT_FAILS(::openat(dev, "vdev1", O_RDWR), ENOENT);
    EXPECT_FAILS(::open("/dev/vdev00", O_RDWR), ENOENT);
    EXPECT_FAILS(::open("/nowhere/../dev/vdev0", O_RDWR), ENOENT);
    EXPECT_FAILS(::open("/etc/hostname/../../dev/vdev0", O_RDWR), ENOTDIR);
  });
}

TEST_CASE("open: links of the user's own, to a real directory or to a virtual one") {
  check_guest([] {
    std::array<char, 40> name{"/tmp/vfs-test-XXXXXX"};
    EXPECT(::mkdtemp(name.data()) != nullptr);
    EXPECT(::chdir(name.data()) == 0);
    EXPECT(::symlink("/dev", "d") == 0);
    EXPECT(::symlink("/proc/driver/vdrv", "other") == 0);
    EXPECT(::symlinkat("other", AT_FDCWD, "another") == 0);
    const std::string outside = link_of(::open("d/vdev0", O_RDWR));
    const int version = ::open("another/version", O_RDONLY);
    EXPECT(::unlink("d") == 0);
    EXPECT(::unlink("other") == 0 && ::unlink("another") == 0);
    EXPECT(::rmdir(name.data()) == 0);
    EXPECT(outside == "/dev/vdev0");
    EXPECT(link_of(version) == kVersion);
  });
}

TEST_CASE("open: a descriptor of a virtual directory is a base for paths") {
  check_guest([] {
    const int dir = ::open("/proc/driver/vdrv", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT(dir >= 0);
    EXPECT(::fcntl(dir, F_GETFD) == FD_CLOEXEC);
    EXPECT(link_of(dir) == "/proc/driver/vdrv");
    EXPECT(read_file(::openat(dir, "version", O_RDONLY)) == "one\ntwo\n");
    EXPECT(read_file(::openat(dir, "gpus/../version", O_RDONLY)) == "one\ntwo\n");
    EXPECT_FAILS(::openat(dir, "none", O_RDONLY), ENOENT);
    EXPECT_FAILS(::openat(dir, "none", O_RDWR | O_CREAT, 0644), EACCES);
    EXPECT_FAILS(::openat(dir, "version/x", O_RDONLY), ENOTDIR);
    EXPECT(link_of(::openat(dir, "../../devices", O_RDONLY)) == "/proc/devices");
    EXPECT(link_of(::openat(dir, "../../version", O_RDONLY)) == "/proc/version");
    EXPECT(::fchdir(dir) == 0);
    EXPECT(read_file(::open("version", O_RDONLY)) == "one\ntwo\n");
    std::array<char, 100> cwd{};
    EXPECT(::getcwd(cwd.data(), cwd.size()) != nullptr);
    EXPECT(std::string(cwd.data()) == "/proc/driver/vdrv");
    EXPECT(::syscall(SYS_getcwd, cwd.data(), 17) == -1);
    EXPECT(errno == ERANGE);
  });
}

TEST_CASE("chdir: a virtual directory becomes the working directory, and no descriptor stays") {
  check_guest([] {
    const int lowest = ::dup(0);
    ::close(lowest);
    EXPECT(::chdir("/proc/driver/vdrv") == 0);
    EXPECT(::dup(0) == lowest);
    EXPECT(read_file(::open("version", O_RDONLY)) == "one\ntwo\n");
    std::array<char, 100> cwd{};
    EXPECT(::getcwd(cwd.data(), cwd.size()) != nullptr);
    EXPECT(std::string(cwd.data()) == "/proc/driver/vdrv");
    EXPECT(::chdir("gpus/../gpus") == 0);
    EXPECT_FAILS(::chdir("none"), ENOENT);
    EXPECT_FAILS(::chdir("../version"), ENOTDIR);
    EXPECT(::chdir("../../..") == 0);
    EXPECT(::getcwd(cwd.data(), cwd.size()) != nullptr);
    EXPECT(std::string(cwd.data()) == "/proc");
    EXPECT(::chdir("/sys/bus/pci/devices/0000:99:00.0/subsystem") == 0);
    EXPECT(::access("drivers", X_OK) == 0);
    std::thread other([] { EXPECT(::chdir("/dev/vcaps") == 0); });
    other.join();
    EXPECT(::access("cap1", R_OK) == 0);
  });
}

TEST_CASE("open: flags are honoured") {
  check_guest([] {
    EXPECT_FAILS(::open(kVersion, O_RDONLY | O_DIRECTORY), ENOTDIR);
    EXPECT_FAILS(::open("/dev/vdev0/", O_RDWR), ENOTDIR);
    EXPECT_FAILS(::open(kVersion, O_WRONLY), EACCES);
    EXPECT_FAILS(::open(kVersion, O_RDWR), EACCES);
    EXPECT_FAILS(::open(kVersion, O_RDONLY | O_TRUNC), EACCES);
    EXPECT_FAILS(::open(kVersion, O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
    EXPECT_FAILS(::open("/dev/vlink", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
    EXPECT_FAILS(::open("/dev/vlink", O_RDWR | O_NOFOLLOW), ELOOP);
    EXPECT_FAILS(::open("/dev/vloop", O_RDWR), ELOOP);
    EXPECT_FAILS(::open("/dev/vcaps", O_RDWR | O_DIRECTORY), EISDIR);
    const int device = ::open("/dev/vdev0", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    EXPECT(::fcntl(device, F_GETFD) == FD_CLOEXEC);
    EXPECT((::fcntl(device, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == (O_RDWR | O_NONBLOCK));
    EXPECT_FAILS(::ioctl(device, 0x4601, nullptr), ENOTTY);
    EXPECT_FAILS(::write(device, "x", 1), EPERM);
    const int path = ::open("/dev/vdev0", O_PATH);
    EXPECT(::fcntl(path, F_GETFD) == 0 && link_of(path) == "/dev/vdev0");
    EXPECT(::open("/dev/vdev0", O_RDWR | O_CREAT, 0666) >= 0);
  });
}

TEST_CASE("openat2: what it forbids on the way stays forbidden") {
  check_guest([] {
    const int dev = ::open("/dev", O_PATH | O_DIRECTORY);
    const int root = ::open("/", O_PATH | O_DIRECTORY);
    EXPECT(open_how_at(dev, "vdev0", O_RDWR, RESOLVE_BENEATH) >= 0);
    EXPECT(open_how_at(root, "/dev/vdev0", O_RDWR, RESOLVE_IN_ROOT) >= 0);
    EXPECT(open_how_at(dev, "/../../vdev0", O_RDWR, RESOLVE_IN_ROOT) >= 0);
    EXPECT_FAILS(open_how_at(dev, "vlink", O_RDWR, RESOLVE_NO_SYMLINKS), ELOOP);
    EXPECT_FAILS(open_how_at(dev, "../dev/vdev0", O_RDWR, RESOLVE_BENEATH), EXDEV);
    EXPECT_FAILS(open_how_at(dev, "/dev/vdev0", O_RDWR, RESOLVE_BENEATH), EXDEV);
    EXPECT_FAILS(open_how_at(dev, "vdev0", O_RDWR, std::uint64_t{1} << 40), EINVAL);
  });
}

TEST_CASE("open: a named library is found in every directory that exists, and can be mapped") {
  check_guest([] {
    const int library = ::open("/tmp/libvtest.so.1", O_RDONLY);
    EXPECT(library >= 0);
    EXPECT(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, library, 0) != MAP_FAILED);
    EXPECT(::access("/usr/lib/libvtest.so.1", R_OK) == 0);
    EXPECT(::open("/usr/lib/libvtest.so", O_RDONLY) >= 0);
    EXPECT_FAILS(::open("/nowhere/libvtest.so.1", O_RDONLY), ENOENT);
    EXPECT_FAILS(::open("/etc/hostname/libvtest.so.1", O_RDONLY), ENOTDIR);
    EXPECT_FAILS(::open("/proc/driver/vdrv/libvtest.so.1", O_RDONLY), ENOENT);
    const int made = ::open("/tmp/libvtest.so.1", O_RDWR | O_CREAT | O_EXCL, 0600);
    EXPECT(made >= 0);  // the real one
    EXPECT(::unlink("/tmp/libvtest.so.1") == 0);
  });
}

TEST_CASE("open: a named library can be copied anywhere, and whoever reads it still gets ours") {
  check_guest([] {
    std::array<char, 40> name{"/tmp/vfs-test-XXXXXX"};
    EXPECT(::mkdtemp(name.data()) != nullptr && ::chdir(name.data()) == 0);
    EXPECT_FAILS(::open("libvtest.so.1", O_WRONLY | O_TRUNC), ENOENT);  // the kernel's own answer
    EXPECT(::system("cp --no-preserve=mode /proc/driver/vdrv/version libvtest.so.1") == 0);
    EXPECT(::system("cp --no-preserve=mode /proc/driver/vdrv/version libvtest.so.1") ==
           0);  // over the first
    const std::string written = read_file(::open("libvtest.so.1", O_RDWR));
    const std::string served = link_of(::open("libvtest.so.1", O_RDONLY));
    EXPECT(::unlink("libvtest.so.1") == 0 && ::rmdir(name.data()) == 0);
    EXPECT(written == "one\ntwo\n");
    EXPECT(served == link_of(::open("/usr/lib/libvtest.so.1", O_RDONLY)));
  });
}

TEST_CASE("open: a real link with the name of a library does not lead past ours") {
  check_guest([] {
    std::array<char, 40> name{"/tmp/vfs-test-XXXXXX"};
    EXPECT(::mkdtemp(name.data()) != nullptr && ::chdir(name.data()) == 0);
    EXPECT(::symlink("libvtest.so.1.2.3", "libvtest.so.1") == 0);
    const std::string dangling = link_of(::open("libvtest.so.1", O_RDONLY));
    const int other = ::open("libvtest.so.1.2.3", O_WRONLY | O_CREAT, 0600);
    const std::string served = link_of(::open("libvtest.so.1", O_RDONLY));
    const int through = ::open("libvtest.so.1", O_WRONLY);  // who writes goes where the link goes
    struct stat a {};
    struct stat b {};
    const bool same = ::fstat(other, &a) == 0 && ::fstat(through, &b) == 0 && a.st_ino == b.st_ino;
    EXPECT(::unlink("libvtest.so.1") == 0 && ::unlink("libvtest.so.1.2.3") == 0);
    EXPECT(::rmdir(name.data()) == 0);
    EXPECT(served == link_of(::open("/usr/lib/libvtest.so.1", O_RDONLY)));
    EXPECT(dangling == served);
    EXPECT(same);
  });
}

TEST_CASE("open: O_PATH reads and writes nothing, so no other flag counts with it") {
  check_guest([] {
    const std::string library = link_of(::open("/usr/lib/libvtest.so.1", O_RDONLY));
    EXPECT(link_of(::open("/tmp/libvtest.so.1", O_PATH)) == library);
    EXPECT(link_of(::open("/tmp/libvtest.so.1", O_PATH | O_RDWR | O_CREAT, 0600)) == library);
    EXPECT(link_of(::open("/dev/vlink", O_PATH | O_CREAT | O_EXCL, 0600)) == "/dev/vdev0");
    EXPECT(link_of(::open("/dev/vlocked", O_PATH)) == "/dev/vlocked");
    EXPECT(link_of(::open("/dev/vcaps", O_PATH | O_DIRECTORY)) == "/dev/vcaps");
    EXPECT_FAILS(::open("/dev/vdev0", O_PATH | O_DIRECTORY), ENOTDIR);
    EXPECT_FAILS(open_how_at(AT_FDCWD, "/dev/vdev0", O_PATH | O_RDWR, 0), EINVAL);
    const int fd = open_how_at(AT_FDCWD, "/dev/vdev0", O_PATH | O_CLOEXEC, 0);
    EXPECT(fd >= 0 && ::fcntl(fd, F_GETFD) == FD_CLOEXEC);
  });
}

TEST_CASE("open: rules and absent rows hide what is there") {
  check_guest([] {
    EXPECT_FAILS(::open("/dev/vforbidden1", O_RDONLY), EPERM);
    EXPECT_FAILS(::open("/etc/passwd", O_RDONLY), ENOENT);
    EXPECT_FAILS(::open("/etc/../etc/passwd", O_RDONLY), ENOENT);
    EXPECT(::open("/etc/group", O_RDONLY) >= 0);
  });
}

TEST_CASE("open: bad strings get the kernel's own answer") {
  check_guest([] {
    EXPECT_FAILS(::syscall(SYS_open, nullptr, O_RDONLY), EFAULT);
    EXPECT_FAILS(::open(reinterpret_cast<const char*>(0x10), O_RDONLY), EFAULT);
    EXPECT_FAILS(::open("", O_RDONLY), ENOENT);
    EXPECT_FAILS(::open(("/dev/" + std::string(5000, 'v')).c_str(), O_RDONLY), ENAMETOOLONG);
    EXPECT_FAILS(::open(("/dev/vcaps/" + std::string(300, 'v')).c_str(), O_RDONLY), ENAMETOOLONG);
    EXPECT_FAILS(::openat(999, "vdev0", O_RDONLY), EBADF);
    // A string that ends with its page, before memory that is not there.
    const std::size_t page = 4096;
    auto* pages = static_cast<char*>(
        ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT(::munmap(pages + page, page) == 0);
    char* end = pages + page - sizeof "/dev/vdev0";
    std::copy_n("/dev/vdev0", sizeof "/dev/vdev0", end);
    EXPECT(::open(end, O_RDWR) >= 0);
    pages[page - 1] = 'x';  // no end any more
    EXPECT_FAILS(::open(end, O_RDWR), EFAULT);
  });
}

TEST_CASE("open: a thread other than the first is served, in its own name") {
  check_guest([] {
    std::thread other([] {
      EXPECT(read_file(::open(kVersion, O_RDONLY)) == "one\ntwo\n");
      EXPECT(::open("/proc/thread-self/root/dev/vdev0", O_RDWR) >= 0);
      const int dev = ::open("/dev", O_PATH | O_DIRECTORY);
      EXPECT(::openat(dev, "vdev0", O_RDWR) >= 0);
    });
    other.join();
  });
}

TEST_CASE("open: nothing is left behind by virtual directories") {
  check_guest([] {
    EXPECT(::open("/proc/driver/vdrv", O_RDONLY) >= 0);
    EXPECT(::system("ls -a /dev/shm /tmp | grep -q virtual-directory") != 0);
  });
}

TEST_CASE("open: a file that is made for each open is another one each time, and can be refused") {
  std::vector<UniqueFd> kept;
  std::vector<VirtualFile> files = usual_files();
  files.push_back(private_file("/proc/driver/vdrv/own", [&](pid_t) {
    constexpr std::size_t kMost = 2;
    if (kept.size() == kMost) return UniqueFd();
    kept.push_back(make_shared_memfd("/proc/driver/vdrv/own", 1, 0600));
    return reopen(kept.back().get(), O_RDWR);
  }));
  const auto rules = usual_rules();
  const Outcome outcome = run_guest(files, rules, [] {
    constexpr const char* kOwn = "/proc/driver/vdrv/own";
    const int first = ::open(kOwn, O_RDWR | O_CLOEXEC);
    const int second = ::open(kOwn, O_RDWR);
    EXPECT(first >= 0 && second >= 0);
    EXPECT(::fcntl(first, F_GETFD) == FD_CLOEXEC);
    EXPECT(::pwrite(first, "1", 1, 0) == 1);
    EXPECT(::pwrite(second, "2", 1, 0) == 1);
    EXPECT(read_file(first) == "1");
    EXPECT_FAILS(::open(kOwn, O_RDWR), ENFILE);
    EXPECT(::access(kOwn, R_OK | W_OK) == 0);
  });
  for (const std::string& text : outcome.missed) FAIL_CHECK(text);
  CHECK(outcome.status == 0);
  REQUIRE(kept.size() == 2);
  CHECK(read_file(kept[1].get()) == "2");
}

}  // namespace
}  // namespace vgpu::tracer::testing
