#include "launcher/explain/facts.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "launcher/explain/situations.h"
#include "story.h"

namespace vgpu::explain {

TEST_CASE("facts: a process that execs runs another program, and keeps its number") {
  const auto facts = facts_of(
      kProgram +
      R"({"pid":10,"event":"exec","path":"/bin/two","argv":["two"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0})");
  const auto programs = facts->programs();
  REQUIRE(programs.size() == 2);
  CHECK(programs[0]->command == "app");
  CHECK(programs[1]->command == "two");
  CHECK_FALSE(facts->is_alive(*programs[0]));
  CHECK(facts->is_alive(*programs[1]));
}

TEST_CASE("facts: of many programs those are kept that came furthest, and the first") {
  std::string story = kLoaded;
  for (int pid = 100; pid < 200; ++pid)
    story += fmt::format(R"({{"pid":{0},"event":"process","parent":10,"how":"fork"}}
{{"pid":{0},"event":"exec","path":"/bin/true","argv":["true"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}}
{{"pid":{0},"event":"exit","status":0}}
)",
                         pid);
  const auto facts = facts_of(story, 8);
  CHECK(facts->programs().size() <= 9);  // and the living one
  CHECK(facts->programs().front()->command == "app");
  CHECK(facts->programs_left_out() == 92);
  CHECK(facts->processes() == 101);
}

TEST_CASE("facts: what a program looks for without end takes bounded memory") {
  std::string story = kProgram;
  for (int i = 0; i < 3000; ++i)
    story += fmt::format(
        R"({{"pid":10,"event":"file","call":"openat","path":"/d/lib{}.so","result":-2,"error":"ENOENT"}}
{{"pid":10,"event":"file","call":"openat","path":"/d/nvidia{}","result":-2,"error":"ENOENT"}}
{{"pid":10,"event":"file","call":"openat","path":"/dev/nvidia{}","result":-2,"error":"ENOENT"}}
{{"pid":10,"event":"unsupported","api":"cuda","call":"cu{}"}}
)",
        i, i, i, i);
  const auto facts = facts_of(story);
  const Program& program = *facts->programs().front();
  CHECK(program.libraries.size() <= 400);
  CHECK(program.libraries_left_out > 0);
  CHECK(program.failures.size() <= 24);
  CHECK(program.nodes.size() <= 40);
  CHECK(program.unsupported.size() <= 16);
}

TEST_CASE("facts: a variable is known with who has set it, through generations") {
  const auto facts = facts_of(kProgram + R"({"pid":11,"event":"process","parent":10,"how":"fork"}
{"pid":11,"event":"exec","path":"/bin/sh","argv":["sh"],"env_set":["CUDA_VISIBLE_DEVICES=1","LINES=3"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":12,"event":"process","parent":11,"how":"fork"}
{"pid":12,"event":"exec","path":"/bin/run","argv":["run"],"env_unset":["PATH"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
)");
  const Program& last = *facts->programs().back();
  const Variable* visible = find_variable(last, "CUDA_VISIBLE_DEVICES");
  REQUIRE(visible != nullptr);
  CHECK(who_set(*visible) == "set by app (pid 10)");
  REQUIRE(find_variable(last, "PATH") != nullptr);
  CHECK(who_set(*find_variable(last, "PATH")) == "taken away by sh (pid 11)");
  CHECK(find_variable(last, "LINES") == nullptr);
  REQUIRE(last.ancestors.size() == 2);
  CHECK(last.ancestors[1].command == "app");
}

TEST_CASE("facts: what is found at last was not missing") {
  const auto facts = facts_of(
      kProgram +
      R"({"pid":10,"event":"file","call":"openat","path":"/a/libx.so.1","result":-2,"error":"ENOENT"}
{"pid":10,"event":"file","call":"openat","path":"/b/libx.so.1","result":3})");
  const Program& program = *facts->programs().front();
  CHECK(program.failures.empty());
  REQUIRE(program.libraries.contains("libx.so.1"));
  CHECK(program.libraries.find("libx.so.1")->second.found->path == "/b/libx.so.1");
}

TEST_CASE("facts: a stub of the driver that is looked at is no driver") {
  CHECK(verdict_of(
            kBareProgram +
            R"~({"pid":10,"event":"file","call":"access","path":"/cuda/stubs/libcuda.so","result":0}
{"pid":10,"event":"file","call":"access","path":"/usr/lib/libcuda.so","result":-2,"error":"ENOENT"})~") ==
        "library-not-found");
}

TEST_CASE("facts: a child that could not exec has failed for its parent") {
  const auto facts = facts_of(kProgram + R"({"pid":11,"event":"process","parent":10,"how":"vfork"}
{"pid":11,"event":"exec","path":"/usr/bin/helper","argv":["helper"],"result":-2,"error":"ENOENT"}
{"pid":11,"event":"exit","status":127}
)");
  const Program& parent = *facts->programs().front();
  REQUIRE(parent.failures.size() == 1);
  CHECK(parent.failures.front().what == "helper");
}

TEST_CASE("facts: events of processes that never began, and no beginning, are no harm") {
  const auto facts = facts_of(R"({"pid":7,"event":"exit","status":0}
{"pid":8,"event":"launch","kernel":"k","answer":"CUDA_SUCCESS"}
{"pid":9,"event":"blind","why":"x"}
)");
  CHECK_FALSE(facts->run().known);
  CHECK(diagnose(*facts).front().row->id == "gpu-used");
}

}  // namespace vgpu::explain
