#include "tracer/syscalls/guest_status.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <thread>

namespace vgpu::tracer {
namespace {

TEST_CASE("read_guest_status: we are who we are, also in another thread") {
  const auto check = [](pid_t tid) {
    const auto status = read_guest_status(tid);
    REQUIRE(status.has_value());
    CHECK(status->tgid == ::getpid());
    CHECK(status->parent == ::getppid());
    CHECK(status->seen_tid == tid);
    CHECK(status->identity.uid == ::getuid());
    CHECK(status->identity.fsuid == ::geteuid());
    CHECK(status->identity.gid == ::getgid());
  };
  check(::getpid());
  std::thread([&] { check(::gettid()); }).join();
}

TEST_CASE("read_guest_status: a thread that is not there has none") {
  CHECK_FALSE(read_guest_status(-1).has_value());
}

}  // namespace
}  // namespace vgpu::tracer
