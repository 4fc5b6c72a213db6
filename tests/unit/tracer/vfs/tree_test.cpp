#include "tracer/vfs/tree.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace vgpu::tracer {
namespace {

TEST_CASE("Tree: directories above a row are real where the machine has them, else virtual") {
  const std::vector<VirtualFile> rows = {text_file("/proc/driver/vdrv/gpus/one", "x")};
  const Tree tree(rows);
  CHECK(tree.find("/proc/driver")->really_exists);
  CHECK(tree.find("/proc/driver/vdrv")->is_virtual());
  CHECK(tree.find("/proc/driver/vdrv/gpus")->children.size() == 1);
  CHECK(tree.find("/proc/driver/vdrv/gpus/one")->name() == "one");
  CHECK(tree.find("/proc") == nullptr);  // nothing hangs in it
  struct stat proc {};
  REQUIRE(::stat("/proc", &proc) == 0);
  CHECK(tree.find("/proc/driver/vdrv/gpus/one")->dev == proc.st_dev);
}

TEST_CASE("Tree: a row behind the machine's own links stands where they lead") {
  const std::vector<VirtualFile> rows = {text_file("/proc/self/root/usr/lib/vtest", "x")};
  const Tree tree(rows);
  CHECK(tree.find("/usr/lib/vtest") != nullptr);
  CHECK(tree.find("/proc/self/root/usr/lib/vtest") == nullptr);
}

TEST_CASE("Tree: a directory row sets the mode, whether it comes before or after what is in it") {
  const std::vector<VirtualFile> after = {text_file("/vtest/a", ""),
                                          virtual_directory("/vtest", 0700)};
  const std::vector<VirtualFile> before = {virtual_directory("/vtest", 0700),
                                           text_file("/vtest/a", "")};
  CHECK(Tree(after).find("/vtest")->mode == 0700);
  CHECK(Tree(before).find("/vtest")->mode == 0700);
}

TEST_CASE("Tree: rows that cannot exist together are refused") {
  const auto make = [](std::vector<VirtualFile> rows) { return Tree(rows); };
  CHECK_THROWS_AS(make({text_file("/dev/a", ""), text_file("/dev/a", "")}), std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("/dev/a", ""), text_file("/dev/a/b", "")}),
                  std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("/dev/a/b", ""), text_file("/dev/a", "")}),
                  std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("dev/a", "")}), std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("/dev/a/", "")}), std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("/", "")}), std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("", "")}), std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("/dev/a|b", "")}), std::invalid_argument);
  CHECK_THROWS_AS(make({text_file("/dev/" + std::string(250, 'a'), "")}), std::invalid_argument);
}

TEST_CASE("Tree: inode numbers are stable and different") {
  const std::vector<VirtualFile> rows = {text_file("/dev/va", ""), text_file("/dev/vb", "")};
  const Tree one(rows);
  const Tree two(rows);
  CHECK(one.find("/dev/va")->ino == two.find("/dev/va")->ino);
  CHECK(one.find("/dev/va")->ino != one.find("/dev/vb")->ino);
}

}  // namespace
}  // namespace vgpu::tracer
