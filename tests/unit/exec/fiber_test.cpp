#include "shim/cpu/exec/fiber.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace vgpu::exec {
namespace {

struct Walk {
  Fiber fiber;
  std::string steps;
  double sum = 0;
};

void walk(void* context) {
  auto& w = *static_cast<Walk*>(context);
  for (char step = 'a'; step <= 'c'; ++step) {
    w.steps += step;
    w.sum += 0.5;
    w.fiber.yield();
  }
  w.steps += '.';
}

TEST_CASE("Fiber: runs from yield to yield and keeps its own stack") {
  Walk one;
  Walk two;
  one.fiber.start(walk, &one);
  two.fiber.start(walk, &two);
  CHECK_FALSE(one.fiber.resume());
  CHECK_FALSE(two.fiber.resume());
  CHECK_FALSE(one.fiber.resume());
  CHECK(one.steps == "ab");
  CHECK(two.steps == "a");
  CHECK_FALSE(one.fiber.resume());
  CHECK(one.fiber.resume());
  CHECK(one.fiber.resume());
  CHECK(one.steps == "abc.");
  CHECK(one.sum == 1.5);
}

// Compilers assume this of every function's frame. Source: System V ABI, x86-64, 3.2.2.
TEST_CASE("Fiber: the stack is aligned as a function's is") {
  struct Seen {
    Fiber fiber;
    std::uintptr_t remainder = 1;
  } seen;
  seen.fiber.start(
      [](void* context) {
        alignas(16) volatile char here[16] = {};
        auto* frame = static_cast<char*>(__builtin_frame_address(0));
        static_cast<Seen*>(context)->remainder =
            (reinterpret_cast<std::uintptr_t>(frame) + here[0]) % 16;
      },
      &seen);
  CHECK(seen.fiber.resume());
  CHECK(seen.remainder == 0);
}

TEST_CASE("Fiber: start forgets a body that never ended") {
  Walk w;
  w.fiber.start(walk, &w);
  w.fiber.resume();
  w.fiber.start(walk, &w);
  while (!w.fiber.resume()) {
  }
  CHECK(w.steps == "aabc.");
}

}  // namespace
}  // namespace vgpu::exec
