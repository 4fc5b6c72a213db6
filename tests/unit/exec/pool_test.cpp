#include "shim/cpu/exec/pool.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "shim/cpu/exec/fault_guard.h"

namespace vgpu::exec {
namespace {

/// Blocks of a fake grid find their counters through the parameter pointer.
void count_blocks(BlockState* state, std::uint64_t begin, std::uint64_t end) {
  auto* const counts = *reinterpret_cast<std::atomic<int>* const*>(state->grid->params);
  for (; begin < end; ++begin) ++counts[begin];
}

void trap_at_once(BlockState* state, std::uint64_t, std::uint64_t) {
  state->grid->run->stop(Stop::trap);
}

struct FakeLaunch {
  explicit FakeLaunch(std::uint32_t blocks, FlatKernel code = count_blocks) : counts(blocks) {
    at = counts.data();
    grid.params = reinterpret_cast<const std::byte*>(&at);
    grid.grid[0] = blocks;
    grid.grid[1] = grid.grid[2] = 1;
    grid.threads = grid.warps = 1;
    kernel.entry = reinterpret_cast<void*>(code);
  }

  Stop run() {
    Pool& pool = Pool::instance();
    GridRun grid_run(grid, kernel, pool.memory());
    pool.run(grid_run, false);
    return grid_run.stopped();
  }

  bool all_once() const {
    for (const auto& n : counts)
      if (n != 1) return false;
    return true;
  }

  std::vector<std::atomic<int>> counts;
  std::atomic<int>* at = nullptr;
  Grid grid;
  CompiledKernel kernel;
};

TEST_CASE("Pool: every block is done exactly once") {
  for (const std::uint32_t blocks : {1u, 2u, 3u, 1000u}) {
    FakeLaunch launch(blocks);
    CHECK(launch.run() == Stop::none);
    CHECK(launch.all_once());
  }
}

TEST_CASE("Pool: callers on several threads share it") {
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int n = 0; n < 8; ++n)
    callers.emplace_back([&] {
      FakeLaunch launch(500);
      launch.run();
      right += launch.all_once() ? 1 : 0;
    });
  for (auto& caller : callers) caller.join();
  CHECK(right == 8);
}

TEST_CASE("Pool: the first reason to stop is what the grid ends with") {
  FakeLaunch launch(1000, trap_at_once);
  CHECK(launch.run() == Stop::trap);
}

#if !defined(__SANITIZE_THREAD__)  // ThreadSanitizer allows no threads after a fork
TEST_CASE("Pool: a forked child gets threads of its own") {
  FakeLaunch warm(100);
  warm.run();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    FakeLaunch launch(1000);
    launch.run();
    ::_exit(launch.all_once() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

}  // namespace
}  // namespace vgpu::exec
