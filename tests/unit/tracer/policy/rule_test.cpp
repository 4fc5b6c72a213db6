#include "tracer/policy/rule.h"

#include <doctest/doctest.h>

#include <cerrno>

namespace vgpu::tracer {
namespace {

const Rule kRules[] = {
    {"chdir", "/dev/v*", Action::fail, EACCES, "", "first"},
    {"*", "/dev/v*", Action::serve, 0, "", "second"},
    {"*", "*/lib.so", Action::serve, 0, "", "third"},
    {"*", "/etc/exact", Action::pass, 0, "", "fourth"},
};

std::string_view why(std::string_view syscall, std::string_view path) {
  const Rule* rule = find_rule(kRules, syscall, path);
  return rule != nullptr ? std::string_view(rule->why) : "none";
}

TEST_CASE("find_rule: the first match wins, and no match is none") {
  CHECK(why("chdir", "/dev/v0") == "first");
  CHECK(why("openat", "/dev/v0") == "second");
  CHECK(why("openat", "/dev/null") == "none");
}

TEST_CASE("find_rule: a name counts in every directory, as a whole name only") {
  CHECK(why("openat", "/a/b/lib.so") == "third");
  CHECK(why("openat", "/lib.so") == "third");
  CHECK(why("openat", "/a/mylib.so") == "none");
  CHECK(why("openat", "/a/lib.so/b") == "none");
}

TEST_CASE("find_rule: a pattern without a star is the whole path") {
  CHECK(why("stat", "/etc/exact") == "fourth");
  CHECK(why("stat", "/etc/exactly") == "none");
}

}  // namespace
}  // namespace vgpu::tracer
