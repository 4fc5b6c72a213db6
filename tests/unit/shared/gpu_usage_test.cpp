#include "shim/shared/gpu_usage.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace vgpu {
namespace {

constexpr std::uint64_t kGpu = 7;
constexpr std::uint64_t kMemory = 1000;

/// The file that the supervisor serves; each process opens it anew, as it would by its path.
class File {
 public:
  File() : fd_(::memfd_create("state", MFD_CLOEXEC)) {
    REQUIRE(::ftruncate(fd_, sizeof(SharedState)) == 0);
  }
  ~File() { ::close(fd_); }
  int open() const {
    return ::open(("/proc/self/fd/" + std::to_string(fd_)).c_str(), O_RDWR | O_CLOEXEC);
  }

 private:
  int fd_;
};

/// A process of its own, that does `first` and, at each byte it is sent, `more`.
class Process {
 public:
  using Step = std::function<bool(GpuUsage&, SharedTable&)>;
  Process(const File& file, const Step& first, const Step& more = nullptr) {
    int down[2];
    int up[2];
    REQUIRE(::pipe(down) == 0);
    REQUIRE(::pipe(up) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(down[1]);
      ::close(up[0]);
      SharedTable table(file.open());
      GpuUsage usage(kGpu, kMemory, table);
      char word = first(usage, table) ? 'y' : 'n';
      while (::write(up[1], &word, 1) == 1 && ::read(down[0], &word, 1) == 1)
        word = more(usage, table) ? 'y' : 'n';
      ::_exit(0);
    }
    ::close(down[0]);
    ::close(up[1]);
    to_ = down[1];
    from_ = up[0];
  }
  ~Process() {
    ::close(to_);
    ::close(from_);
    if (pid_ > 0) kill();
  }
  bool answer() const {
    char word = 0;
    return ::read(from_, &word, 1) == 1 && word == 'y';
  }
  void go_on() const { REQUIRE(::write(to_, "x", 1) == 1); }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int to_ = -1;
  int from_ = -1;
};

bool take_600(GpuUsage& usage, SharedTable& /*unused*/) { return usage.charge(600); }

TEST_CASE("usage: what the processes of a tree take adds up, and no more is given than there is") {
  const File file;
  SharedTable table(file.open());
  GpuUsage mine(kGpu, kMemory, table);
  const Process other(file, take_600);
  REQUIRE(other.answer());
  CHECK(mine.used_by_tree() == 600);
  CHECK(mine.left() == 400);
  CHECK_FALSE(mine.charge(401));
  CHECK(mine.charge(400));
  CHECK(mine.left() == 0);
  mine.refund(400);
  CHECK(mine.left() == 400);
}

TEST_CASE("usage: each GPU has its own memory") {
  const File file;
  SharedTable table(file.open());
  GpuUsage one(1, kMemory, table);
  GpuUsage two(2, kMemory, table);
  CHECK(one.charge(900));
  CHECK(two.charge(900));
  CHECK(two.left() == 100);
}

TEST_CASE("usage: a killed process has given back everything when its death is known") {
  const File file;
  SharedTable table(file.open());
  GpuUsage mine(kGpu, kMemory, table);
  Process other(file, take_600);
  REQUIRE(other.answer());
  other.kill();
  CHECK(mine.left() == kMemory);
  CHECK(table.uses_of(kGpu).empty());
  CHECK(mine.charge(kMemory));
}

TEST_CASE("usage: a process that executes another program has given back everything") {
  const File file;
  SharedTable table(file.open());
  const GpuUsage mine(kGpu, kMemory, table);
  Process other(file, take_600, [](GpuUsage&, SharedTable&) {
    ::execl("/bin/sleep", "sleep", "1000", nullptr);
    return false;
  });
  REQUIRE(other.answer());
  CHECK(mine.left() == 400);
  other.go_on();
  while (mine.left() != kMemory) ::sched_yield();
  CHECK(table.uses_of(kGpu).empty());
  other.kill();
}

TEST_CASE("usage: a child of fork does not keep its dead parent's memory") {
  const File file;
  SharedTable table(file.open());
  const GpuUsage mine(kGpu, kMemory, table);
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  Process parent(file, [&](GpuUsage& usage, SharedTable&) {
    if (!usage.charge(600)) return false;
    if (::fork() != 0) return true;
    char word = 0;
    ::close(ready[1]);
    while (::read(ready[0], &word, 1) > 0) continue;
    ::_exit(0);
  });
  REQUIRE(parent.answer());
  parent.kill();
  CHECK(mine.left() == kMemory);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("usage: the list of a GPU's processes has those with a context, each once") {
  const File file;
  SharedTable table(file.open());
  GpuUsage mine(kGpu, kMemory, table);
  const Process other(
      file, [](GpuUsage& usage, SharedTable&) { return usage.open() && usage.open(); },
      [](GpuUsage& usage, SharedTable&) {
        usage.close();
        usage.close();
        return true;
      });
  REQUIRE(other.answer());
  REQUIRE(table.uses_of(kGpu).size() == 1);
  CHECK(table.uses_of(kGpu).front().pid == other.pid());
  CHECK_FALSE(table.uses_of(kGpu).front().ours);
  REQUIRE(mine.open());
  CHECK(table.uses_of(kGpu).size() == 2);
  other.go_on();
  REQUIRE(other.answer());
  REQUIRE(table.uses_of(kGpu).size() == 1);
  CHECK(table.uses_of(kGpu).front().ours);
}

TEST_CASE("usage: another library of the same process sees its slot as a living one's") {
  const File file;
  SharedTable of_driver(file.open());
  SharedTable of_monitor(file.open());
  GpuUsage usage(kGpu, kMemory, of_driver);
  REQUIRE(usage.charge(10));
  const auto uses = of_monitor.uses_of(kGpu);
  REQUIRE(uses.size() == 1);
  CHECK(uses.front().pid == ::getpid());
  GpuUsage second(kGpu, kMemory, of_monitor);
  CHECK(second.charge(20));
  CHECK(usage.used_by_tree() == 30);
}

TEST_CASE("usage: many processes that ask at once never get more than there is") {
  const File file;
  SharedTable table(file.open());
  const GpuUsage mine(kGpu, kMemory, table);
  const auto struggle = [&](GpuUsage& usage, SharedTable& all) {
    std::minstd_rand random(static_cast<unsigned>(::getpid()));
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t size = 200 + random() % 300;
      if (!usage.charge(size)) continue;
      std::uint64_t sum = 0;
      for (const auto& use : all.uses_of(kGpu)) sum += used_memory(*use.slot, kMemory);
      usage.refund(size);
      if (sum > kMemory) return false;
    }
    return true;
  };
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 6; ++i) processes.push_back(std::make_unique<Process>(file, struggle));
  for (const auto& process : processes) CHECK(process->answer());
  CHECK(mine.left() == kMemory);
}

TEST_CASE("usage: whatever a guest scribbles, numbers stay in their bounds") {
  const File file;
  SharedTable table(file.open());
  GpuUsage mine(kGpu, kMemory, table);
  const Process other(file, take_600);
  REQUIRE(other.answer());
  REQUIRE(mine.charge(100));
  std::minstd_rand random(1);
  for (int round = 0; round < 50; ++round) {
    void* const all =
        ::mmap(nullptr, sizeof(SharedState), PROT_READ | PROT_WRITE, MAP_SHARED, file.open(), 0);
    REQUIRE(all != MAP_FAILED);
    for (std::size_t i = 0; i < sizeof(SharedState); i += sizeof(unsigned))
      *reinterpret_cast<unsigned*>(static_cast<char*>(all) + i) =
          round == 0 ? ~0U : static_cast<unsigned>(random());
    for (std::size_t i = 0; i < 3; ++i) static_cast<SharedState*>(all)->slots[i].gpu = kGpu;
    CHECK(mine.used_by_tree() >= 100);
    CHECK(mine.used_by_tree() <= kMemory);
    CHECK(busy_percent(table, kGpu) <= 100);
    mine.begin_work();
    mine.end_work();
    ::munmap(all, sizeof(SharedState));
  }
}

TEST_CASE("usage: more processes than slots are refused, not mistaken for one another") {
  SharedTable table(-1);
  std::vector<SharedSlot*> slots;
  for (std::size_t i = 0; i < SharedState::kSlots; ++i) slots.push_back(table.claim(kGpu));
  GpuUsage one_more(kGpu, kMemory, table);
  CHECK_FALSE(one_more.open());
  CHECK_FALSE(one_more.charge(1));
  table.give_back(slots[5]);
  CHECK(one_more.open());
}

TEST_CASE("busy time: what ran in the last second counts, and what ran before does not") {
  SharedTable table(-1);
  SharedSlot& slot = *table.claim(kGpu);
  constexpr std::uint64_t kBucket = SharedSlot::kBucketTime;
  const auto ran = [&](std::uint64_t bucket, std::uint64_t microseconds) {
    slot.busy[bucket % SharedSlot::kBuckets] = bucket << 32U | microseconds;
  };
  ran(100, 50'000);
  ran(95, 20'000);
  ran(90, 99'000);
  CHECK(busy_time(slot, 101 * kBucket) == 70'000'000);
  CHECK(busy_time(slot, 120 * kBucket) == 0);
  slot.busy_since = 101 * kBucket;
  CHECK(busy_time(slot, 101 * kBucket + 5) == 70'000'005);
  SharedSlot& endless = *table.claim(kGpu);
  endless.busy_since = 1;
  CHECK(busy_time(endless, 101 * kBucket + kBucket / 2) == 9 * kBucket + kBucket / 2);
}

}  // namespace
}  // namespace vgpu
