#include "shim/cpu/exec/pool.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace vgpu::exec {
namespace {

using Counts = std::vector<std::atomic<int>>;

// Stands in for generated code: its parameter block is the counters themselves.
void count_each(BlockState* state, std::uint64_t begin, std::uint64_t end) {
  auto& counts =
      *const_cast<Counts*>(reinterpret_cast<const Counts*>(state->grid->params));  // ours to write
  for (; begin < end; ++begin) ++counts[begin];
}

void stop_at_ten(BlockState* state, std::uint64_t begin, std::uint64_t end) {
  count_each(state, 0, 1);
  for (; begin < end; ++begin)
    if (begin == 10) state->grid->run->stop(Stop::trap);
}

Stop run_blocks(FlatKernel kernel, Counts& counts, std::uint32_t blocks) {
  Grid grid;
  grid.params = reinterpret_cast<const std::byte*>(&counts);
  grid.grid[0] = blocks;
  grid.grid[1] = grid.grid[2] = 1;
  grid.block[0] = grid.block[1] = grid.block[2] = 1;
  grid.threads = grid.warps = 1;
  const CompiledKernel code{CodeForm::flat, reinterpret_cast<void*>(kernel), 0, 0, false};
  GridRun run(grid, code, Pool::instance().memory());
  Pool::instance().run(run, false);
  return run.stopped();
}

bool all_once(const Counts& counts) {
  for (const auto& n : counts)
    if (n != 1) return false;
  return true;
}

TEST_CASE("Pool: every block of a grid is done exactly once") {
  for (const std::uint32_t blocks : {1U, 2U, 33U, 1000U, 100000U}) {
    CAPTURE(blocks);
    Counts counts(blocks);
    CHECK(run_blocks(count_each, counts, blocks) == Stop::none);
    CHECK(all_once(counts));
  }
}

TEST_CASE("Pool: callers on several threads share it") {
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int n = 0; n < 8; ++n)
    callers.emplace_back([&] {
      Counts counts(500);
      run_blocks(count_each, counts, 500);
      right += all_once(counts) ? 1 : 0;
    });
  for (auto& caller : callers) caller.join();
  CHECK(right == 8);
}

TEST_CASE("Pool: after a stop no more blocks are handed out") {
  Counts calls(1);
  CHECK(run_blocks(stop_at_ten, calls, 1'000'000'000) == Stop::trap);
  CHECK(calls[0] >= 1);
  CHECK(calls[0] < 1000);
}

#if !defined(__SANITIZE_THREAD__)  // ThreadSanitizer allows no threads after a fork
TEST_CASE("Pool: a forked child gets one of its own") {
  Counts warm(100);
  run_blocks(count_each, warm, 100);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Counts counts(1000);
    run_blocks(count_each, counts, 1000);
    ::_exit(all_once(counts) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

}  // namespace
}  // namespace vgpu::exec
