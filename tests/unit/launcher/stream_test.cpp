#include <doctest/doctest.h>

#include "running.h"

namespace vgpu::launcher {

TEST_CASE("streams: standard input and output are the program's") {
  Running running("cat; echo error >&2");
  running.write("one\ntwo\n");
  CHECK(running.line() == "one");
  CHECK(running.line() == "two");
  running.close_input();
  CHECK(running.rest().empty());
  CHECK(running.error_output() == "error\n");
  CHECK(running.wait() == 0);
}

TEST_CASE("streams: a reader sees the end when the program closes its output and lives on") {
  Running running("echo last; exec >&-; read x <&9; exit 0");
  CHECK(running.rest() == "last\n");
  running.open_gate();
  CHECK(running.wait() == 0);
}

TEST_CASE("streams: also when output and error are one pipe") {
  Running::Setup setup;
  setup.error_into_output = true;
  Running running("echo last; exec >&- 2>&-; read x <&9; exit 0", setup);
  CHECK(running.rest() == "last\n");
  running.open_gate();
  CHECK(running.wait() == 0);
}

TEST_CASE("streams: a writer sees a broken pipe when the program closes its input") {
  Running running("exec <&-; read x <&9; exit 0");
  CHECK(running.input_is_broken());
  running.open_gate();
  CHECK(running.wait() == 0);
}

TEST_CASE("daemons: vgpu-run ends with the program, the daemon keeps its GPU until it ends") {
  Running running("{ read x; cat /proc/driver/nvidia/version; } <&9 & exit 3");
  CHECK(running.wait() == 3);
  running.open_gate();
  CHECK(running.line().starts_with("NVRM version:"));
  CHECK(running.nothing_left());
}

TEST_CASE("daemons: a reader waits for the daemon's output, and for nothing after it") {
  Running running("setsid sh -c 'read x <&9; echo daemon' & exit 0");
  CHECK(running.wait() == 0);
  running.open_gate();
  CHECK(running.rest() == "daemon\n");
  CHECK(running.nothing_left());
}

TEST_CASE("daemons: one that gives up its streams keeps nobody waiting") {
  Running running("{ read x <&9; } </dev/null >/dev/null 2>&1 & echo done");
  CHECK(running.rest() == "done\n");
  CHECK(running.error_output().empty());
  CHECK(running.wait() == 0);
  running.open_gate();
  CHECK(running.nothing_left());
}

TEST_CASE("an environment without a single variable has the GPU too") {
  Running running("env -i /bin/sh -c '/bin/cat /sys/module/nvidia/version'");
  CHECK(running.rest() == "580.159.04\n");
  CHECK(running.wait() == 0);
}

}  // namespace vgpu::launcher
