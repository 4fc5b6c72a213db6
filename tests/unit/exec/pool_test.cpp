#include "shim/cpu/exec/pool.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace vgpu::exec {
namespace {

using Counts = std::vector<std::atomic<int>>;

void count_each(void* context, std::uint64_t first, std::uint64_t last) {
  auto& counts = *static_cast<Counts*>(context);
  for (; first < last; ++first) ++counts[first];
}

bool all_once(const Counts& counts) {
  for (const auto& n : counts)
    if (n != 1) return false;
  return true;
}

TEST_CASE("parallel_for: every block is done exactly once") {
  for (const std::uint64_t chunk : {1, 7, 1000, 5000}) {
    Counts counts(1000);
    const std::atomic<bool> stop{false};
    parallel_for(counts.size(), chunk, count_each, &counts, stop);
    CHECK(all_once(counts));
  }
}

TEST_CASE("parallel_for: callers on several threads share the pool") {
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int n = 0; n < 8; ++n)
    callers.emplace_back([&] {
      Counts counts(500);
      const std::atomic<bool> stop{false};
      parallel_for(counts.size(), 1, count_each, &counts, stop);
      right += all_once(counts) ? 1 : 0;
    });
  for (auto& caller : callers) caller.join();
  CHECK(right == 8);
}

TEST_CASE("parallel_for: stop keeps the rest from being handed out") {
  struct Stopper {
    std::atomic<bool> stop{false};
    std::atomic<int> done{0};
  } stopper;
  parallel_for(
      1'000'000'000, 1,
      [](void* context, std::uint64_t, std::uint64_t) {
        auto& s = *static_cast<Stopper*>(context);
        if (++s.done == 10) s.stop = true;
      },
      &stopper, stopper.stop);
  CHECK(stopper.done >= 10);
  CHECK(stopper.done < 1000);
}

#if !defined(__SANITIZE_THREAD__)  // ThreadSanitizer allows no threads after a fork
TEST_CASE("parallel_for: a forked child gets threads of its own") {
  Counts warm(100);
  const std::atomic<bool> stop{false};
  parallel_for(warm.size(), 1, count_each, &warm, stop);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Counts counts(1000);
    parallel_for(counts.size(), 1, count_each, &counts, stop);
    ::_exit(all_once(counts) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

}  // namespace
}  // namespace vgpu::exec
