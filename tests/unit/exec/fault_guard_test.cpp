#include "shim/cpu/exec/fault_guard.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <csignal>
#include <thread>

namespace vgpu::exec {
namespace {

// A page that nobody may touch.
struct Forbidden {
  void* page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ~Forbidden() { ::munmap(page, 4096); }
};

void read_int(void* at) { static_cast<void>(*static_cast<volatile int*>(at)); }

void check_faults(void* page) {
  Fault fault;
  CHECK_FALSE(run_guarded(read_int, page, fault));
  CHECK(fault.signal == SIGSEGV);
  CHECK(fault.address == reinterpret_cast<std::uint64_t>(page));
}

TEST_CASE("run_guarded: a fault ends the body, names the address, and the thread goes on") {
  arm_fault_handlers();
  const Forbidden forbidden;
  int fine = 1;
  Fault fault;
  CHECK(run_guarded(read_int, &fine, fault));
  check_faults(forbidden.page);
  check_faults(forbidden.page);
  std::thread([&] { check_faults(forbidden.page); }).join();
}

TEST_CASE("run_guarded: leave_guarded ends the innermost body") {
  Fault fault;
  CHECK_FALSE(
      run_guarded([](void*) { leave_guarded({.signal = 0, .address = 42}); }, nullptr, fault));
  CHECK(fault.address == 42);
}

int seen_signals = 0;
void* open_page = nullptr;

TEST_CASE("arm_fault_handlers: a fault outside a kernel still reaches the program's own handler") {
  const Forbidden forbidden;
  open_page = forbidden.page;
  struct sigaction mine {};
  struct sigaction before {};
  mine.sa_handler = [](int) {
    ++seen_signals;
    ::mprotect(open_page, 4096, PROT_READ);
  };
  REQUIRE(::sigaction(SIGSEGV, &mine, &before) == 0);
  arm_fault_handlers();
  read_int(forbidden.page);
  CHECK(seen_signals == 1);
  ::sigaction(SIGSEGV, &before, nullptr);
}

}  // namespace
}  // namespace vgpu::exec
