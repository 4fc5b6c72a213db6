#include "tracer/vfs/descriptor.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace vgpu::tracer {
namespace {

std::string link_of(const UniqueFd& fd) {
  std::array<char, 300> text{};
  const auto path = "/proc/self/fd/" + std::to_string(fd.get());
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  return std::string(text.data(), static_cast<std::size_t>(size));
}

std::string text_in(const UniqueFd& fd) {
  std::array<char, 300> text{};
  const ssize_t size = ::pread(fd.get(), text.data(), text.size(), 0);
  return std::string(text.data(), static_cast<std::size_t>(size));
}

TEST_CASE("virtual_path_of_link: what it names is known from a descriptor's link alone") {
  const std::vector<VirtualFile> rows = {character_device("/dev/vdev0", 1, 2),
                                         text_file("/proc/driver/vdrv/a b:c", "x")};
  const Tree tree(rows);
  Descriptors descriptors;
  CHECK(virtual_path_of_link(link_of(descriptors.open(*tree.find("/dev/vdev0"), O_RDWR))) ==
        "/dev/vdev0");
  CHECK_FALSE(descriptors.gave_directory());
  CHECK(virtual_path_of_link(link_of(descriptors.open(*tree.find("/proc/driver/vdrv"), 0))) ==
        "/proc/driver/vdrv");
  CHECK(descriptors.gave_directory());
}

TEST_CASE("virtual_path_of_link: other links name nothing") {
  for (const char* text :
       {"", "/dev/null", "pipe:[1]", " (deleted)", "/memfd:x (deleted)", "/tmp/x (deleted)",
        "/tmp/virtual-directory-0 (deleted)", "/memfd:/x", "/memfd:/dev/vdev0 (deleted)",
        "/memfd:00000000:/dev/vdev0 (deleted)", "/tmp/virtual-directory-00000000:|dev (deleted)"}) {
    CAPTURE(text);
    CHECK_FALSE(virtual_path_of_link(text).has_value());
  }
}

TEST_CASE("Descriptors: the mode of a directory is its row's, whatever our umask") {
  const std::vector<VirtualFile> rows = {virtual_directory("/dev/vcaps", 0755)};
  const Tree tree(rows);
  Descriptors descriptors;
  const mode_t before = ::umask(0077);
  const UniqueFd fd = descriptors.open(*tree.find("/dev/vcaps"), O_RDONLY);
  ::umask(before);
  struct stat result {};
  REQUIRE(::fstat(fd.get(), &result) == 0);
  CHECK((result.st_mode & 07777) == 0755);
}

TEST_CASE("Descriptors: one inode for all descriptors of a file, each with its own offset") {
  const std::vector<VirtualFile> rows = {text_file("/dev/vtext", "abc")};
  const Tree tree(rows);
  const Node& node = *tree.find("/dev/vtext");
  Descriptors descriptors;
  const UniqueFd one = descriptors.open(node, O_RDONLY);
  const UniqueFd two = descriptors.open(node, O_RDONLY);
  CHECK(::lseek(one.get(), 2, SEEK_SET) == 2);
  CHECK(::lseek(two.get(), 0, SEEK_CUR) == 0);
  CHECK(text_in(two) == "abc");
  struct stat open_file {};
  REQUIRE(::fstat(one.get(), &open_file) == 0);
  CHECK(open_file.st_ino == descriptors.status(node).st_ino);
}

TEST_CASE("Descriptors: rendered content is that of the moment of the open") {
  std::string now = "one";
  const std::vector<VirtualFile> rows = {rendered_file("/dev/vtext", [&] { return now; })};
  const Tree tree(rows);
  const Node& node = *tree.find("/dev/vtext");
  Descriptors descriptors;
  const UniqueFd first = descriptors.open(node, O_RDONLY);
  const UniqueFd again = descriptors.open(node, O_RDONLY);
  now = "two";
  const UniqueFd second = descriptors.open(node, O_RDONLY);
  CHECK(text_in(first) == "one");
  CHECK(text_in(again) == "one");
  CHECK(text_in(second) == "two");
}

TEST_CASE("Descriptors: no guest can change what the others see") {
  const std::vector<VirtualFile> rows = {character_device("/dev/vdev0", 1, 2)};
  const Tree tree(rows);
  Descriptors descriptors;
  const UniqueFd fd = descriptors.open(*tree.find("/dev/vdev0"), O_RDWR);
  CHECK(::pwrite(fd.get(), "x", 1, 0) == -1);
  CHECK(::ftruncate(fd.get(), 1) == -1);
}

TEST_CASE("Descriptors: a shared file is one memory for all who map it, and keeps its size") {
  const std::vector<VirtualFile> rows = {shared_file("/dev/vshared", 8192)};
  const Tree tree(rows);
  const Node& node = *tree.find("/dev/vshared");
  Descriptors descriptors;
  const UniqueFd one = descriptors.open(node, O_RDWR);
  const UniqueFd two = descriptors.open(node, O_RDWR);
  void* const mine = ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, one.get(), 0);
  void* const theirs = ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, two.get(), 0);
  REQUIRE(mine != MAP_FAILED);
  REQUIRE(theirs != MAP_FAILED);
  static_cast<char*>(mine)[8191] = 'x';
  CHECK(static_cast<char*>(theirs)[8191] == 'x');
  CHECK(::ftruncate(two.get(), 0) == -1);
  CHECK(::ftruncate(two.get(), 16384) == -1);
  const UniqueFd reader = descriptors.open(node, O_RDONLY);
  CHECK(::mmap(nullptr, 8192, PROT_WRITE, MAP_SHARED, reader.get(), 0) == MAP_FAILED);
  ::munmap(mine, 8192);
  ::munmap(theirs, 8192);
}

}  // namespace
}  // namespace vgpu::tracer
