#include "launcher/process_tree.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace vgpu::launcher {
namespace {

std::vector<pid_t> pids_below(const ProcessInfo& root, const std::vector<ProcessInfo>& all) {
  std::vector<pid_t> pids;
  for (const ProcessInfo& info : guests_below(root, all)) pids.push_back(info.pid);
  std::ranges::sort(pids);
  return pids;
}

}  // namespace

TEST_CASE("status: the fields are read, whatever stands around them") {
  const ProcessInfo info = parse_status(
      "Name:\ta\nState:\tT (stopped)\nPid:\t12\nPPid:\t3\nTracerPid:\t9\nSeccomp:\t2\n"
      "Seccomp_filters:\t4\n");
  CHECK(info.pid == 12);
  CHECK(info.parent == 3);
  CHECK(info.state == 'T');
  CHECK(info.filters == 4);
}

TEST_CASE("status: what is missing or broken keeps its default") {
  const ProcessInfo info = parse_status("Pid\nPPid:\nState:\nSeccomp_filters:\tmany\n\n:\nPid:\tx");
  CHECK(info.pid == 0);
  CHECK(info.parent == 0);
  CHECK(info.state == '?');
  CHECK(info.filters == 0);
}

TEST_CASE("guests: descendants with a filter more than ours, however deep, and no others") {
  const ProcessInfo root{10, 1, 'S', 1};
  const std::vector<ProcessInfo> all = {
      {1, 0, 'S', 0},   {10, 1, 'S', 1},   // we
      {11, 10, 'S', 2}, {12, 11, 'S', 3},  // guests
      {13, 10, 'S', 1},                    // a child that we were given
      {14, 13, 'S', 2}, {20, 1, 'S', 2},   // below it; somebody else's
  };
  CHECK(pids_below(root, all) == std::vector<pid_t>{11, 12, 14});
}

TEST_CASE("guests: a list that is no tree is no endless loop") {
  const ProcessInfo root{10, 12, 'S', 0};
  CHECK(
      pids_below(root, {{11, 10, 'S', 1}, {12, 11, 'S', 1}, {10, 12, 'S', 0}, {13, 13, 'S', 1}}) ==
      std::vector<pid_t>{11, 12});
}

}  // namespace vgpu::launcher
