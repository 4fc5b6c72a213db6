#include "launcher/rings/rings.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "launcher/rings/ring_events.h"
#include "launcher/rings/ring_reader.h"
#include "launcher/rings/thread_names.h"
#include "tracer/sys/errors.h"
#include "tracer/sys/memfd.h"
#include "tracer/sys/pidfd.h"
#include "tracer/syscalls/guest_status.h"

namespace vgpu::launcher {
namespace {

using tracer::check_sys;
using tracer::Event;
using tracer::EventKind;
using tracer::Key;
using tracer::UniqueFd;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kShortest = 2 * kMillisecond;
constexpr std::int64_t kLongest = 16 * kMillisecond;

/// A ring takes memory as it is used, up to 1 MiB.
constexpr std::size_t kMostRings = 256;
/// Each of our libraries has one, and programs that a process executes have new ones.
constexpr std::ptrdiff_t kMostOfProcess = 4;

TraceRing* map_ring(int fd) {
  void* const at = ::mmap(nullptr, sizeof(TraceRing), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) throw fmt::system_error(errno, "map the ring of a trace");
  return static_cast<TraceRing*>(at);
}

template <std::size_t words>
std::string text_of(const std::array<std::atomic<std::uint64_t>, words>& from) {
  std::array<char, words * 8> text;
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint64_t word = from[i].load(std::memory_order_relaxed);
    std::memcpy(text.data() + 8 * i, &word, 8);
  }
  return {text.data(), ::strnlen(text.data(), text.size())};
}

bool has_ended(const UniqueFd& process) {
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) > 0;
}

}  // namespace

struct Rings::Ring {
  Ring(pid_t owner, UniqueFd process, int fd)
      : pid(owner), pidfd(std::move(process)), memory(map_ring(fd)), reader(*memory), names(pid) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { ::munmap(memory, sizeof(TraceRing)); }

  const pid_t pid;
  const UniqueFd pidfd;
  TraceRing* const memory;
  RingReader reader;
  ThreadNames names;
  bool said_broken = false;
  std::map<std::uint32_t, std::int64_t> last_begin;  ///< of the last call of each thread
};

Rings::Rings(tracer::Recorder& recorder, const DeviceConfig& config)
    : recorder_(recorder),
      config_(config),
      timer_(check_sys(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                       "make a timer")) {}

Rings::~Rings() = default;

tracer::VirtualFile Rings::file() {
  auto row =
      tracer::private_file(std::string(kTraceChannelPath), [this](pid_t tid) { return open(tid); });
  row.why = "what the guest does with the GPUs, for the trace";
  return row;
}

tracer::Watch Rings::watch() {
  return {timer_.get(), [this] { drain(); }};
}

void Rings::arm(bool busy) {
  const std::int64_t before = period_;
  period_ = rings_.empty() ? 0 : busy || period_ == 0 ? kShortest : std::min(period_ * 2, kLongest);
  if (period_ == before) return;
  const timespec every{0, static_cast<long>(period_)};
  const itimerspec setting{every, every};
  check_sys(::timerfd_settime(timer_.get(), 0, &setting, nullptr), "set a timer");
}

/// A process that executes one program after the other leaves rings behind: the oldest goes.
void Rings::make_room(pid_t pid) {
  const auto of_process = [pid](const auto& ring) { return ring->pid == pid; };
  if (std::ranges::count_if(rings_, of_process) < kMostOfProcess) return;
  const auto oldest = std::ranges::find_if(rings_, of_process);
  end(**oldest);
  rings_.erase(oldest);
}

UniqueFd Rings::open(pid_t tid) {
  const auto status = tracer::read_guest_status(tid);
  if (!status) return {};
  forget_ended();
  make_room(status->tgid);
  UniqueFd process = tracer::open_pidfd(status->tgid);
  if (!process || rings_.size() >= kMostRings) {
    Event blind = recorder_.make(EventKind::blind, status->tgid, tid);
    blind.add(Key::why,
              "too many processes use the GPUs at a time: the calls of this one are not seen");
    recorder_.record(blind);
    return {};
  }
  const UniqueFd memory =
      tracer::make_shared_memfd(std::string(kTraceChannelPath), sizeof(TraceRing), 0600);
  UniqueFd theirs = tracer::reopen(memory.get(), O_RDWR);
  rings_.push_back(std::make_unique<Ring>(status->tgid, std::move(process), memory.get()));
  arm(true);
  return theirs;
}

void Rings::record(Ring& ring, Event event, std::int64_t time, std::uint32_t seen_tid) {
  const std::int64_t now = tracer::monotonic_now();
  event.time = std::clamp(time, recorder_.began(), now) - recorder_.began();
  event.pid = ring.pid;
  event.tid = ring.names.outside(seen_tid, ring.memory->pid.load(std::memory_order_relaxed));
  recorder_.record(event);
}

/// Returns whether there was anything.
bool Rings::drain(Ring& ring, bool last) {
  constexpr std::size_t kMostThreads = 4096;
  bool any = false;
  ring.reader.drain(last, [&](const RingRecord& found) {
    any = true;
    auto event = event_of(found);
    if (!event) return;
    if (event->kind == EventKind::api && ring.last_begin.size() < kMostThreads)
      // A guest's numbers may be any: clamped, they cannot overflow.
      ring.last_begin[found.tid] = std::max<std::int64_t>(found.time, 0) -
                                   std::max<std::int64_t>(event->number(Key::duration), 0);
    record(ring, *std::move(event), found.time, found.tid);
  });
  if (const std::uint64_t lost = ring.reader.take_lost()) {
    Event event = recorder_.make(EventKind::lost, ring.pid);
    event.add(Key::count, static_cast<std::int64_t>(lost));
    event.add(Key::why, last ? "the process was killed, or wrote faster than its trace was read"
                             : "the process wrote faster than its trace was read");
    recorder_.record(event);
  }
  if (ring.reader.broken() && !std::exchange(ring.said_broken, true)) {
    Event event = recorder_.make(EventKind::blind, ring.pid);
    event.add(Key::why, "the process wrote over its part of the trace: its calls are not seen");
    recorder_.record(event);
  }
  return any;
}

void Rings::tell_unfinished(Ring& ring) {
  for (const TraceCall& call : ring.memory->calls) {
    const std::uint32_t tid = call.tid.load(std::memory_order_acquire);
    const std::int64_t begin = call.begin.load(std::memory_order_acquire);
    const auto last = ring.last_begin.find(tid);
    if (tid == 0 || begin <= 0 || (last != ring.last_begin.end() && last->second >= begin))
      continue;
    Event event = recorder_.make(EventKind::api, ring.pid);
    const std::uint64_t short_name = call.api.load(std::memory_order_relaxed);
    std::array<char, sizeof short_name> api{};
    std::memcpy(api.data(), &short_name, sizeof short_name);
    event.add(Key::api, std::string(api.data(), ::strnlen(api.data(), api.size())));
    event.add(Key::call, text_of(call.name));
    event.add(Key::answer, "unfinished");
    const std::int64_t now = tracer::monotonic_now();
    event.add(Key::duration, now - std::clamp(begin, recorder_.began(), now));
    record(ring, std::move(event), now, tid);
  }
}

void Rings::tell_memory(const Ring& ring) {
  for (const TracePeak& peak : ring.memory->peaks) {
    const std::uint64_t bytes = peak.bytes.load();
    const auto gpu = std::ranges::find(config_.gpus, peak.gpu.load(), gpu_key);
    if (gpu == config_.gpus.end() || bytes == 0 || bytes > gpu->memory) continue;
    Event event = recorder_.make(EventKind::memory, ring.pid);
    event.add(Key::bytes, static_cast<std::int64_t>(bytes));
    event.add(Key::device, static_cast<std::int64_t>(gpu - config_.gpus.begin()));
    recorder_.record(event);
  }
}

void Rings::end(Ring& ring) {
  drain(ring, true);
  if (ring.reader.broken()) return;
  tell_unfinished(ring);
  tell_memory(ring);
}

void Rings::forget_ended() {
  std::erase_if(rings_, [this](const auto& ring) {
    if (!has_ended(ring->pidfd)) return false;
    end(*ring);
    return true;
  });
}

void Rings::drain() {
  std::uint64_t ticks = 0;
  [[maybe_unused]] const auto ignored = ::read(timer_.get(), &ticks, sizeof ticks);
  bool any = false;
  for (const auto& ring : rings_) any |= drain(*ring, false);
  forget_ended();
  arm(any);
}

void Rings::end_process(pid_t pid) {
  std::erase_if(rings_, [this, pid](const auto& ring) {
    if (ring->pid != pid) return false;
    end(*ring);
    return true;
  });
}

void Rings::finish() {
  for (const auto& ring : rings_) end(*ring);
  rings_.clear();
}

}  // namespace vgpu::launcher
