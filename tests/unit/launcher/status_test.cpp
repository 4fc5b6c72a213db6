#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>

#include "running.h"

namespace vgpu::launcher {
namespace {

int status_of(const std::vector<std::string>& command, std::vector<std::string> options = {}) {
  Running::Setup setup;
  setup.options = std::move(options);
  // A directory of PATH that may not be searched would turn "not found" into "permission denied".
  setup.before_exec = [] { ::setenv("PATH", "/usr/bin:/bin", 1); };
  Running running(command, setup);
  return running.wait();
}

std::string message_of(const std::vector<std::string>& command,
                       std::vector<std::string> options = {}) {
  Running::Setup setup;
  setup.options = std::move(options);
  Running running(command, setup);
  return running.error_output();
}

}  // namespace

TEST_CASE("exit status: the program's own") {
  CHECK(status_of({"true"}) == 0);
  CHECK(status_of({"sh", "-c", "exit 42"}) == 42);
  CHECK(status_of({"sh", "-c", "exit 255"}) == 255);
}

TEST_CASE("exit status: 128 + N for a program that signal N ended") {
  CHECK(status_of({"sh", "-c", "kill -9 $$"}) == 128 + SIGKILL);
  CHECK(status_of({"sh", "-c", "kill -TERM $$"}) == 128 + SIGTERM);
  CHECK(status_of({"sh", "-c", "ulimit -c 0; kill -SEGV $$"}) == 128 + SIGSEGV);
}

TEST_CASE("exit status: 127 for what is not there, 126 for what cannot be executed") {
  CHECK(status_of({"/no/such/program"}) == 127);
  CHECK(status_of({"no-such-program"}) == 127);
  CHECK(status_of({"/etc/passwd"}) == 126);
  CHECK(status_of({"/"}) == 126);
}

TEST_CASE("exit status: 125 for our own failures, with one line") {
  CHECK(status_of({"true"}, {"--no-such-option"}) == 125);
  CHECK(status_of({"true"}, {"--device", "native"}) == 125);
  CHECK(status_of({}) == 125);
  CHECK(message_of({"true"}, {"--gpu", "h10"}) ==
        "vgpu-run: --gpu: no profile \"h10\"; did you mean `h100`? (--list-gpus lists them)\n");
  CHECK(message_of({"/no/such/program"}) ==
        "vgpu-run: /no/such/program: No such file or directory\n");
}

TEST_CASE("a second vgpu-run inside the first says so, and its program has the GPU of the first") {
  Running running(std::string(VGPU_RUN) +
                  " --gpu h100 sh -c 'test -c /dev/nvidia0 && exit 7'; echo $?");
  CHECK(running.rest() == "7\n");
  CHECK(running.error_output().starts_with("vgpu-run: inside another vgpu-run"));
  CHECK(running.wait() == 0);
}

TEST_CASE("nothing is left of a program that has ended") {
  Running running("true | cat | cat");
  CHECK(running.wait() == 0);
  CHECK(running.nothing_left());
}

TEST_CASE("what only prints needs no program") {
  CHECK(status_of({}, {"--version"}) == 0);
  CHECK(status_of({}, {"--list-gpus"}) == 0);
  CHECK(status_of({}, {"--help"}) == 0);
  CHECK(status_of({}, {"--dry-run"}) == 0);
}

}  // namespace vgpu::launcher
