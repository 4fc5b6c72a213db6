#include "shim/trace/channel.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <new>
#include <type_traits>

namespace vgpu::trace {
namespace {

/// What a child must not inherit: it lies in pages that fork hands over as zeros.
struct Process {
  enum Phase : int { none = 0, opening = 1, open = 2, refused = 3 };
  std::atomic<int> phase;
  std::atomic<std::uint32_t> pid;
  alignas(RingWriter) std::array<std::byte, sizeof(RingWriter)> writer;
};
static_assert(std::is_trivially_destructible_v<RingWriter>);

constinit std::atomic<Process*> process_pages{nullptr};
constinit std::array<std::atomic<int>, 32> devices{};  // plus one; 0: none

struct Self {
  std::uint32_t pid = 0;  ///< in which tid was asked for
  std::uint32_t tid = 0;
};
thread_local constinit Self self;

// The kernel is asked directly: a resolver may be the first who writes, before a sanitizer that
// stands in for libc's functions has begun; see watched_symbols.cpp.

void* map(std::size_t size, int flags, int fd) noexcept {
  return reinterpret_cast<void*>(
      ::syscall(SYS_mmap, nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0));
}

Process* make_process() noexcept {
  void* const pages = map(sizeof(Process), MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (pages == MAP_FAILED) return nullptr;
  Process* first = nullptr;
  auto* const fresh = new (pages) Process;  // zeros are its initial state
  // Before Linux 4.14 a child would write into its parent's ring: then there is none.
  if (::syscall(SYS_madvise, pages, sizeof(Process), MADV_WIPEONFORK) != 0)
    fresh->phase = Process::refused;
  if (process_pages.compare_exchange_strong(first, fresh)) return fresh;
  ::syscall(SYS_munmap, pages, sizeof(Process));
  return first;
}

TraceRing* open_ring() noexcept {
  const long fd = ::syscall(SYS_openat, AT_FDCWD, kTraceChannelPath.data(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* const at = map(sizeof(TraceRing), MAP_SHARED, static_cast<int>(fd));
  ::syscall(SYS_close, fd);  // so there is none that the program could close
  return at == MAP_FAILED ? nullptr : static_cast<TraceRing*>(at);
}

/// Opens the ring, or waits for whoever does. Returns whether it is there.
bool open_once(Process& process) noexcept {
  int phase = Process::none;
  if (process.phase.compare_exchange_strong(phase, Process::opening)) {
    const auto pid = static_cast<std::uint32_t>(::syscall(SYS_getpid));
    process.pid.store(pid);
    TraceRing* const ring = open_ring();
    if (ring != nullptr) {
      ring->pid.store(pid);
      new (process.writer.data()) RingWriter(*ring);
    }
    process.phase.store(ring != nullptr ? Process::open : Process::refused);
    return ring != nullptr;
  }
  // A handler of a signal may have come in between: it would wait for itself for ever.
  for (int i = 0; i < 1000 && phase == Process::opening; ++i) {
    ::sched_yield();
    phase = process.phase.load();
  }
  return phase == Process::open;
}

}  // namespace

bool decide() noexcept {
  const Wanted known = wanted.load(std::memory_order_relaxed);
  if (known != Wanted::unknown) return known == Wanted::yes;
  const int before = errno;
  const bool yes = ::access(kTraceChannelPath.data(), F_OK) == 0;
  wanted.store(yes ? Wanted::yes : Wanted::no);
  errno = before;
  return yes;
}

RingWriter* ring() noexcept {
  Process* process = process_pages.load(std::memory_order_acquire);
  if (process == nullptr) process = make_process();
  if (process == nullptr) return nullptr;
  const int phase = process->phase.load(std::memory_order_acquire);
  if (phase == Process::refused) return nullptr;
  if (phase != Process::open) {
    const int before = errno;
    const bool is_open = open_once(*process);
    errno = before;
    if (!is_open) return nullptr;
  }
  return std::launder(reinterpret_cast<RingWriter*>(process->writer.data()));
}

std::int64_t now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// A child has its parent's memory, this number too: whose it is, is told by the process's.
std::uint32_t thread_id() noexcept {
  const Process* const process = process_pages.load(std::memory_order_acquire);
  const std::uint32_t pid = process == nullptr ? 0 : process->pid.load(std::memory_order_relaxed);
  if (self.tid == 0 || self.pid != pid)
    self = {pid, static_cast<std::uint32_t>(::syscall(SYS_gettid))};
  return self.tid;
}

void set_devices(std::span<const int> machine_ordinals) noexcept {
  for (std::size_t i = 0; i < devices.size(); ++i)
    devices[i] = i < machine_ordinals.size() ? machine_ordinals[i] + 1 : 0;
}

int machine_device(int ordinal) noexcept {
  return ordinal < 0 || static_cast<std::size_t>(ordinal) >= devices.size()
             ? -1
             : devices[static_cast<std::size_t>(ordinal)].load() - 1;
}

void note_memory(std::uint64_t gpu, std::uint64_t bytes) noexcept {
  if (!on()) return;
  if (RingWriter* const writer = ring()) writer->note_memory(gpu, bytes);
}

}  // namespace vgpu::trace
