#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include "running.h"

namespace vgpu::launcher {

TEST_CASE("stop: vgpu-run stops with the program, for the same reason, and continues it") {
  for (const int number : {SIGSTOP, SIGTSTP}) {
    Running::Setup setup;
    // In a group of its own below a parent in the same session, as a shell's job is.
    setup.before_exec = [] { ::setpgid(0, 0); };
    Running running("kill -" + std::to_string(number) + " $$; read x <&9; echo continued", setup);
    CHECK(running.wait_change() == Change{CLD_STOPPED, number});
    running.kill(SIGCONT);
    CHECK(running.wait_change() == Change{CLD_CONTINUED, SIGCONT});
    running.open_gate();
    CHECK(running.rest() == "continued\n");
    CHECK(running.wait() == 0);
  }
}

TEST_CASE("stop: a stop signal sent to vgpu-run stops the program, and then vgpu-run") {
  Running::Setup setup;
  setup.before_exec = [] { ::setpgid(0, 0); };
  Running running("echo ready; read word; echo $word", setup);
  CHECK(running.line() == "ready");
  running.kill(SIGTSTP);
  CHECK(running.wait_change() == Change{CLD_STOPPED, SIGTSTP});
  running.kill(SIGCONT);
  CHECK(running.wait_change() == Change{CLD_CONTINUED, SIGCONT});
  running.write("word\n");
  CHECK(running.rest() == "word\n");
}

TEST_CASE("stop: when the program alone is continued, vgpu-run continues too") {
  Running::Setup setup;
  setup.before_exec = [] { ::setpgid(0, 0); };
  Running running("echo $$; kill -STOP $$; read x <&9; echo continued", setup);
  const pid_t program = std::stoi(running.line());
  CHECK(running.wait_change() == Change{CLD_STOPPED, SIGSTOP});
  ::kill(program, SIGCONT);
  CHECK(running.wait_change() == Change{CLD_CONTINUED, SIGCONT});
  running.open_gate();
  CHECK(running.rest() == "continued\n");
  CHECK(running.wait() == 0);
}

TEST_CASE("stop: when the stopped program is killed, vgpu-run ends") {
  Running::Setup setup;
  setup.before_exec = [] { ::setpgid(0, 0); };
  Running running("echo $$; kill -STOP $$", setup);
  const pid_t program = std::stoi(running.line());
  CHECK(running.wait_change() == Change{CLD_STOPPED, SIGSTOP});
  ::kill(program, SIGKILL);
  Change change = running.wait_change();
  if (change.code == CLD_CONTINUED) change = running.wait_change();  // if we were quick to ask
  CHECK(change == Change{CLD_EXITED, 128 + SIGKILL});
}

TEST_CASE("stop: continuing the whole group, as a shell does, continues the program once") {
  Running::Setup setup;
  setup.before_exec = [] { ::setpgid(0, 0); };
  Running running("trap 'echo cont' CONT; kill -STOP $$; read word; echo $word", setup);
  CHECK(running.wait_change() == Change{CLD_STOPPED, SIGSTOP});
  ::kill(-running.pid(), SIGCONT);
  CHECK(running.wait_change() == Change{CLD_CONTINUED, SIGCONT});
  running.write("word\n");
  CHECK(running.rest() == "cont\nword\n");
}

TEST_CASE("jobs: a shell in a terminal runs, stops and continues vgpu-run as any other job") {
  Running::Setup setup;
  setup.terminal = true;
  setup.supervised = false;
  const std::string script =
      "stty -echo; set -m; " + std::string(VGPU_RUN) +
      " sh -c 'echo ready; read word; echo got $word'; echo stopped; fg >/dev/null; echo over";
  Running running(script, setup);
  CHECK(running.line() == "ready");
  running.write("\x1a");
  std::string line = running.line();
  while (!line.empty() && !line.ends_with("stopped")) line = running.line();
  CHECK(line.ends_with("stopped"));
  running.write("word\n");
  CHECK(running.line() == "got word");
  CHECK(running.line() == "over");
}

TEST_CASE("jobs: a shell under vgpu-run has job control of its own") {
  Running::Setup setup;
  setup.terminal = true;
  const std::string script =
      "stty -echo; set -m; sh -c 'echo ready; read word; echo got $word'; echo stopped;"
      "fg >/dev/null; echo over";
  Running running(script, setup);
  CHECK(running.line() == "ready");
  running.write("\x1a");
  std::string line = running.line();
  while (!line.empty() && !line.ends_with("stopped")) line = running.line();
  CHECK(line.ends_with("stopped"));
  running.write("word\n");
  CHECK(running.line() == "got word");
  CHECK(running.line() == "over");
  CHECK(running.wait() == 0);
}

}  // namespace vgpu::launcher
