#include "tracer/vfs/link_probe.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace vgpu::tracer {
namespace {

TEST_CASE("LinkProbe: a name that no node has can only be a link of the kernel's") {
  const std::vector<VirtualFile> rows = {text_file("/proc/driver/vdrv/gpus/one", "x")};
  const Tree tree(rows);
  const LinkProbe links(tree);
  for (const char* name : {"one", "gpus", "vdrv", "cwd", "root", "exe", "0", "960", ".", "..", ""})
    CHECK_MESSAGE(links.may_be_ours(name), name);
  for (const char* name : {"two", "driver2", "one1", "stl_map.h", "usr"})
    CHECK_MESSAGE(!links.may_be_ours(name), name);
}

TEST_CASE(
    "LinkProbe: a way is straight where no link is on it and no other spelling of it is shorter") {
  const std::vector<VirtualFile> rows = {text_file("/proc/driver/vdrv/gpus/one", "x")};
  const Tree tree(rows);
  LinkProbe links(tree);
  char name[] = "/tmp/way.XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  const std::string base = name;
  REQUIRE(::mkdir((base + "/real").c_str(), 0700) == 0);
  REQUIRE(::symlink("real", (base + "/link").c_str()) == 0);
  const auto along = [&](const std::string& path, bool follow = true) {
    return links.look_along(::getpid(), AT_FDCWD, path, follow);
  };
  CHECK(along(base + "/real") == Way::straight);
  CHECK(along(base + "/link") == Way::elsewhere);
  CHECK(along(base + "/link/none") == Way::to_ours);  // perhaps: it is not there, so it is walked
  CHECK(along(base + "/none") == Way::elsewhere);
  for (const char* other : {"/real/", "//real", "/./real", "/real/.", "/real/../real", "/real/.."})
    CHECK_MESSAGE(along(base + other) == Way::elsewhere, other);
  CHECK(along("tmp") == Way::elsewhere);
  links.look_through_guests();
  CHECK(along(base + "/real") == Way::elsewhere);  // in whose root?
  std::filesystem::remove_all(base);
}

}  // namespace
}  // namespace vgpu::tracer
