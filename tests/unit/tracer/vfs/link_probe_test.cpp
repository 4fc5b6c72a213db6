#include "tracer/vfs/link_probe.h"

#include <doctest/doctest.h>

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

}  // namespace
}  // namespace vgpu::tracer
