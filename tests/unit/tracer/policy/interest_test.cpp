#include "tracer/policy/interest.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace vgpu::tracer {
namespace {

const std::vector<VirtualFile> kFiles = {
    character_device("/dev/vdev0", 195, 0),
    text_file("/proc/driver/vdrv/version", "x"),
};
const std::vector<Rule> kRules = {
    {"*", "*/libv.so.1", Action::serve, 0, "", ""},
    {"*", "/dev/prefix*", Action::fail, 1, "", ""},
    {"*", "/opt/tree/*", Action::fail, 1, "", ""},
};

TEST_CASE("Interest: what spells the name of a row or of a rule is a candidate") {
  const Tree tree(kFiles);
  const Interest interest(tree, kRules);
  for (const char* path :
       {"/dev/vdev0", "vdev0", "../dev//vdev0", "/proc/driver/vdrv", "/proc/driver/vdrv/version",
        "vdrv/anything", "/x/y/libv.so.1", "libv.so.1/", "/dev/prefixed", "/opt/tree/a/b",
        "/proc/self/fd/3", "/proc/1/cwd", "/dev/stdin"}) {
    CAPTURE(path);
    CHECK(interest.may_concern(path));
  }
}

TEST_CASE("Interest: everything else is not, whatever it looks like") {
  const Tree tree(kFiles);
  const Interest interest(tree, kRules);
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("//"), std::string("/dev/vdev01"),
        std::string("/dev/vdev"), std::string("version"), std::string("/dev/null"),
        std::string("/usr/lib/libv.so.12"), std::string(300, 'v'), "/" + std::string(4000, 'v')}) {
    CAPTURE(path);
    CHECK_FALSE(interest.may_concern(path));
  }
}

TEST_CASE("Interest: without rows and rules nothing is a candidate") {
  const Tree tree({});
  const Interest interest(tree, {});
  CHECK_FALSE(interest.may_concern("/proc/self/fd/3"));
}

}  // namespace
}  // namespace vgpu::tracer
