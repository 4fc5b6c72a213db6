#include "tracer/trace/output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>

namespace vgpu::tracer {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLong{60000};

std::array<UniqueFd, 2> make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

struct BlockedSignals {
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  sigset_t before{};
};

}  // namespace

TEST_CASE("output: all records arrive in their order") {
  UniqueFd file(::memfd_create("trace", MFD_CLOEXEC));
  Output output(UniqueFd(::dup(file.get())), true);
  std::string all;
  for (int i = 0; i < 100000; ++i) {
    const std::string record = "record " + std::to_string(i) + "\n";
    CHECK(output.put(record));
    all += record;
  }
  CHECK(output.finish(kLong).records == 0);
  std::string found(all.size() + 1, '\0');
  CHECK(::pread(file.get(), found.data(), found.size(), 0) == static_cast<ssize_t>(all.size()));
  found.pop_back();
  CHECK(found == all);
}

TEST_CASE("output: a full disk loses records, says how many, and takes back half a record") {
  const BlockedSignals blocked;
  UniqueFd file(::memfd_create("trace", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr off_t kRoom = 1000;
  REQUIRE(::ftruncate(file.get(), 0) == 0);
  {
    Output full(UniqueFd(::open("/dev/full", O_WRONLY | O_CLOEXEC)), true);
    for (int i = 0; i < 5; ++i) full.put("12345678\n");
    const Output::Loss loss = full.finish(kLong);
    CHECK(loss.records == 5);
    CHECK(loss.why == "No space left on device");
  }
  // A file that may not grow any more, in the middle of a record.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{kRoom, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  Output output(UniqueFd(::dup(file.get())), true);
  const std::string record(99, 'x');
  for (int i = 0; i < 20; ++i) output.put(record);
  const Output::Loss loss = output.finish(kLong);
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(loss.records == 10);
  CHECK(::lseek(file.get(), 0, SEEK_END) == 990);
}

TEST_CASE("output: a reader that is gone is said, and stops nobody") {
  const BlockedSignals blocked;
  auto [out, in] = make_pipe();
  out = UniqueFd();
  Output output(std::move(in), false);
  output.put("record\n");
  const Output::Loss loss = output.finish(kLong);
  CHECK(loss.records == 1);
  CHECK(loss.why == "the reader is gone");
}

TEST_CASE(
    "output: a reader that does not read costs bounded memory, and what is dropped is counted") {
  auto [out, in] = make_pipe();
  constexpr std::size_t kRoom = 100000;
  Output output(std::move(in), false, kRoom);
  const std::string record(999, 'x');
  std::uint64_t taken = 0;
  std::uint64_t dropped = 0;
  for (int i = 0; i < 1000; ++i) ++(output.put(record) ? taken : dropped);
  CHECK(dropped > 0);
  CHECK(output.take_dropped() == 0);  // still no room to say so
  // What was taken comes, once it is read.
  std::string bytes(record.size(), '\0');
  for (std::uint64_t i = 0; i < taken; ++i)
    for (std::size_t have = 0; have < bytes.size();) {
      const ssize_t count = ::read(out.get(), bytes.data(), bytes.size() - have);
      REQUIRE(count > 0);
      have += static_cast<std::size_t>(count);
    }
  const Output::Loss loss = output.finish(kLong);
  CHECK(loss.records == dropped);
  CHECK(loss.why == "the reader was too slow");
}

TEST_CASE("output: each process can have a file of its own") {
  char folder[] = "/tmp/output.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/trace";
  {
    Output output(path);
    for (pid_t pid = 1; pid <= 200; ++pid) output.put("first\n", pid);
    for (pid_t pid = 1; pid <= 200; ++pid) output.put("second\n", pid);
    CHECK(output.finish(kLong).records == 0);
  }
  for (pid_t pid = 1; pid <= 200; ++pid) {
    const std::string name = path + "." + std::to_string(pid);
    const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    char bytes[64] = {};
    CHECK(::read(file.get(), bytes, sizeof bytes) == 13);
    CHECK(std::string(bytes) == "first\nsecond\n");
    ::unlink(name.c_str());
  }
  ::rmdir(folder);
}

}  // namespace vgpu::tracer
