#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "tests/unit/tracer/guest.h"

namespace vgpu::tracer::testing {
namespace {

TEST_CASE("stat: a device is a character device with its numbers, in every variant") {
  check_guest([] {
    struct stat by[4]{};
    EXPECT(::syscall(SYS_stat, "/dev/vdev0", &by[0]) == 0);
    EXPECT(::syscall(SYS_lstat, "/dev/vdev0", &by[1]) == 0);
    EXPECT(::fstatat(AT_FDCWD, "/dev/vlink", &by[2], 0) == 0);
    const int dev = ::open("/dev", O_PATH | O_DIRECTORY);
    EXPECT(::fstatat(dev, "vdev0", &by[3], AT_SYMLINK_NOFOLLOW) == 0);
    struct stat held {};
    EXPECT(::fstat(::open("/dev/vdev0", O_RDWR), &held) == 0);
    for (const struct stat& result : by) {
      EXPECT(result.st_mode == (S_IFCHR | 0666U));
      EXPECT(result.st_rdev == makedev(195, 7));
      EXPECT(result.st_ino == held.st_ino);
      EXPECT(result.st_dev == held.st_dev);
      EXPECT(result.st_nlink == 1);
    }
    struct statx extended {};
    EXPECT(::statx(dev, "vdev0", 0, STATX_BASIC_STATS, &extended) == 0);
    EXPECT(extended.stx_mode == (S_IFCHR | 0666U));
    EXPECT(extended.stx_rdev_major == 195 && extended.stx_rdev_minor == 7);
    EXPECT(extended.stx_ino == by[0].st_ino);
  });
}

TEST_CASE("stat: links are followed or not as asked") {
  check_guest([] {
    struct stat result {};
    EXPECT(::lstat("/dev/vlink", &result) == 0);
    EXPECT(S_ISLNK(result.st_mode) && result.st_size == 5);
    EXPECT(::lstat("/dev/vlink/", &result) == -1 && errno == ENOTDIR);
    EXPECT(::stat("/dev/vreal/group", &result) == 0);
    EXPECT(S_ISREG(result.st_mode));
    EXPECT_FAILS(::stat("/dev/vreal/none", &result), ENOENT);
    EXPECT(::stat("/sys/bus/pci/devices/0000:99:00.0/vendor", &result) == 0);
    EXPECT(result.st_size == 7);
    EXPECT(::stat("/sys/bus/pci/devices/0000:99:00.0/subsystem/drivers", &result) == 0);
    EXPECT(S_ISDIR(result.st_mode));
    EXPECT(::stat("/proc/driver/vdrv/../../meminfo", &result) == 0);
  });
}

TEST_CASE("stat: directories and files have their kind, size and mode") {
  check_guest([] {
    struct stat result {};
    EXPECT(::stat("/proc/driver/vdrv", &result) == 0);
    EXPECT(result.st_mode == (S_IFDIR | 0555U) && result.st_nlink == 3);
    EXPECT(::stat("/dev/vcaps", &result) == 0);
    EXPECT(result.st_mode == (S_IFDIR | 0755U) && result.st_nlink == 2);
    EXPECT(::stat("/proc/driver/vdrv/version", &result) == 0);
    EXPECT(result.st_mode == (S_IFREG | 0444U) && result.st_size == 8);
    EXPECT(::stat("/usr/lib/libvtest.so.1", &result) == 0);
    struct stat open_file {};
    EXPECT(::fstat(::open("/usr/lib/libvtest.so.1", O_RDONLY), &open_file) == 0);
    EXPECT(result.st_ino == open_file.st_ino && result.st_dev == open_file.st_dev);
    EXPECT_FAILS(::syscall(SYS_stat, "/dev/vdev0", 8), EFAULT);
    EXPECT_FAILS(::fstatat(AT_FDCWD, "/dev/vdev0", &result, 1 << 20), EINVAL);
    EXPECT_FAILS(::stat("/etc/passwd", &result), ENOENT);
  });
}

TEST_CASE("stat: a descriptor of a virtual file is itself, by its path under /proc") {
  check_guest([] {
    const auto path = "/proc/self/fd/" + std::to_string(::open("/dev/vdev0", O_RDWR));
    struct stat result {};
    EXPECT(::stat(path.c_str(), &result) == 0);
    EXPECT(result.st_mode == (S_IFCHR | 0666U));
    EXPECT(::lstat(path.c_str(), &result) == 0);
    EXPECT(S_ISLNK(result.st_mode));
    EXPECT(::open(path.c_str(), O_RDONLY) >= 0);
  });
}

TEST_CASE("access: mode bits decide, in every variant") {
  check_guest([] {
    EXPECT(::syscall(SYS_access, "/dev/vdev0", R_OK | W_OK) == 0);
    EXPECT(::syscall(SYS_faccessat, AT_FDCWD, "/dev/vdev0", F_OK) == 0);
    EXPECT(::syscall(SYS_faccessat2, AT_FDCWD, "/dev/vdev0", F_OK, AT_EACCESS) == 0);
    EXPECT_FAILS(::access("/dev/vdev0", X_OK), EACCES);
    EXPECT(::access("/dev/vcaps", X_OK | R_OK) == 0);
    EXPECT_FAILS(::access("/dev/vdev0", 64), EINVAL);
    EXPECT_FAILS(::access("/dev/vnone", F_OK), ENOENT);
    const bool root = ::getuid() == 0;
    EXPECT((::access("/dev/vlocked", R_OK) == 0) == root);
    EXPECT((::open("/dev/vlocked", O_RDWR) >= 0) == root);
    if (root) {
      EXPECT(::setresuid(1234, 1234, 1234) == 0);
      EXPECT_FAILS(::access("/dev/vlocked", R_OK), EACCES);
      EXPECT_FAILS(::open("/dev/vlocked", O_RDWR), EACCES);
      EXPECT(::open("/dev/vdev0", O_RDWR) >= 0);
    }
  });
}

TEST_CASE("virtual ground gives a guest nothing that is not its own") {
  check_guest([] {
    if (::getuid() != 0) return;
    EXPECT(::open("/proc/driver/vdrv/../../../etc/shadow", O_RDONLY) >= 0);
    EXPECT(::setresuid(1234, 1234, 1234) == 0);
    EXPECT_FAILS(::open("/proc/driver/vdrv/../../../etc/shadow", O_RDONLY), EACCES);
  });
}

TEST_CASE("readlink: the text, cut to the room there is") {
  check_guest([] {
    std::array<char, 64> text{};
    EXPECT(::syscall(SYS_readlink, "/dev/vlink", text.data(), text.size()) == 5);
    EXPECT(std::string(text.data()) == "vdev0");
    EXPECT(::readlinkat(AT_FDCWD, "/dev/vlink", text.data(), 3) == 3);
    EXPECT_FAILS(::readlink("/dev/vlink", text.data(), 0), EINVAL);
    EXPECT_FAILS(::readlink("/dev/vdev0", text.data(), text.size()), EINVAL);
    EXPECT_FAILS(::readlink("/dev/vcaps", text.data(), text.size()), EINVAL);
    EXPECT_FAILS(::syscall(SYS_readlink, "/dev/vlink", 8, 8), EFAULT);
    EXPECT(::readlink("/proc/self/cwd", text.data(), text.size()) > 0);
  });
}

TEST_CASE("statfs: a virtual file is on the file system around it") {
  check_guest([] {
    struct statfs virtual_one {
    }, real{};
    EXPECT(::statfs("/proc/driver/vdrv/version", &virtual_one) == 0);
    EXPECT(::statfs("/proc", &real) == 0);
    EXPECT(virtual_one.f_type == real.f_type);
    EXPECT_FAILS(::statfs("/proc/driver/vdrv/none", &real), ENOENT);
  });
}

}  // namespace
}  // namespace vgpu::tracer::testing
