#include "shim/cpu/driver/queue.h"

#include <doctest/doctest.h>

#include <csignal>
#include <latch>
#include <vector>

namespace vgpu::cpu {
namespace {

TEST_CASE("queue: tasks run in order, and a point is reached when its task has run") {
  const auto queue = std::make_shared<Queue>();
  std::latch go(1);
  std::vector<int> seen;
  const Point first = queue->submit([&] { go.wait(); }, {});
  for (int i = 0; i < 10; ++i) queue->submit([&seen, i] { seen.push_back(i); }, {});
  const Point last = queue->last();
  CHECK_FALSE(first.reached());
  CHECK_FALSE(last.reached());
  go.count_down();
  last.wait();
  CHECK(first.reached());
  REQUIRE(seen.size() == 10);
  for (int i = 0; i < 10; ++i) CHECK(seen[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("queue: a task waits for points of other queues") {
  const auto first = std::make_shared<Queue>();
  const auto second = std::make_shared<Queue>();
  std::latch go(1);
  std::vector<int> seen;
  const Point before = first->submit(
      [&] {
        go.wait();
        seen.push_back(1);
      },
      {});
  const Point after = second->submit([&] { seen.push_back(2); }, {before});
  go.count_down();
  after.wait();
  CHECK(seen == std::vector<int>{1, 2});
}

TEST_CASE("queue: what a task holds has ended when its point is reached") {
  const auto queue = std::make_shared<Queue>();
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  queue->submit([held = std::move(held)] {}, {}).wait();
  CHECK(watched.expired());
}

TEST_CASE("queue: a closed queue still runs what it has, and a new task starts it again") {
  const auto queue = std::make_shared<Queue>();
  queue->close();
  int runs = 0;
  queue->submit([&] { ++runs; }, {}).wait();
  queue->submit([&] { ++runs; }, {}).wait();
  CHECK(runs == 2);
}

TEST_CASE("queue: the program's signals are blocked on its thread, the processor's are not") {
  const auto queue = std::make_shared<Queue>();
  sigset_t blocked;
  bool on_thread = false;
  queue
      ->submit(
          [&] {
            pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
            on_thread = on_queue_thread();
          },
          {})
      .wait();
  CHECK(on_thread);
  CHECK_FALSE(on_queue_thread());
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGPROF})
    CHECK(sigismember(&blocked, signal) == 1);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP})
    CHECK(sigismember(&blocked, signal) == 0);
}

}  // namespace
}  // namespace vgpu::cpu
