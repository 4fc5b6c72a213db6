#include "shim/trace/ring_writer.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace vgpu::trace {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kPatience = 250 * kMillisecond;

std::int64_t now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// Sleeps until `word` is no longer `seen`, for at most `nanoseconds`.
void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t seen,
              std::int64_t nanoseconds) noexcept {
  const timespec longest{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, &longest, nullptr, 0);
}

/// Stores bytes as words, the last one padded with zeros; returns the next place.
std::size_t store(TraceRing& ring, std::size_t at, std::span<const std::byte> bytes) noexcept {
  for (std::size_t done = 0; done < bytes.size(); done += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + done, bytes.size() - done < 8 ? bytes.size() - done : 8);
    ring.words[at++].store(word, std::memory_order_relaxed);
  }
  return at;
}

template <std::size_t words>
void store_text(std::array<std::atomic<std::uint64_t>, words>& to, const char* text) noexcept {
  std::array<char, words * 8> padded{};
  std::memcpy(padded.data(), text, ::strnlen(text, padded.size()));
  for (std::size_t i = 0; i < words; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, padded.data() + 8 * i, 8);
    to[i].store(word, std::memory_order_relaxed);
  }
}

}  // namespace

bool RingWriter::wait_for_reader(std::uint64_t taken) noexcept {
  if (gave_up_at_.load(std::memory_order_relaxed) == taken) return false;
  const std::int64_t until = now() + kPatience;
  ring_.waiting.fetch_add(1);
  bool moved = false;
  for (std::int64_t left = kPatience; left > 0 && !moved; left = until - now()) {
    const std::uint32_t turn = ring_.turn.load();
    moved = ring_.taken.load(std::memory_order_acquire) != taken;
    if (!moved) sleep_on(ring_.turn, turn, left);
  }
  ring_.waiting.fetch_sub(1);
  if (!moved) gave_up_at_.store(taken, std::memory_order_relaxed);
  return moved;
}

/// Takes `size` bytes in one piece; fills the end of the ring where they would not fit.
bool RingWriter::reserve(std::size_t size, std::uint64_t& place) noexcept {
  std::uint64_t at = ring_.reserved.load(std::memory_order_relaxed);
  for (;;) {
    const std::size_t left = TraceRing::kSize - at % TraceRing::kSize;
    const std::size_t filler = left < size ? left : 0;
    const std::uint64_t taken = ring_.taken.load(std::memory_order_acquire);
    if (at + filler + size - taken > TraceRing::kSize) {
      if (!wait_for_reader(taken)) return false;
      at = ring_.reserved.load(std::memory_order_relaxed);
      continue;
    }
    if (!ring_.reserved.compare_exchange_weak(at, at + filler + size, std::memory_order_relaxed))
      continue;
    if (filler != 0) {
      const TraceHead head{static_cast<std::uint32_t>(filler), TraceKind::nothing, true};
      ring_.words[at % TraceRing::kSize / 8].store(head.word(), std::memory_order_release);
    }
    place = (at + filler) % TraceRing::kSize / 8;
    return true;
  }
}

void RingWriter::write(TraceKind kind, const TraceRecord& record,
                       std::span<const std::byte> fields) noexcept {
  const std::size_t size = (sizeof(std::uint64_t) + sizeof record + fields.size() + 7) / 8 * 8;
  std::uint64_t place = 0;
  if (size > kMaxTraceRecord || !reserve(size, place)) {
    ring_.lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  TraceHead head{static_cast<std::uint32_t>(size), kind, false};
  auto& word = ring_.words[place];
  word.store(head.word(), std::memory_order_relaxed);
  const std::size_t behind =
      store(ring_, place + 1, std::as_bytes(std::span<const TraceRecord, 1>(&record, 1)));
  store(ring_, behind, fields);
  head.complete = true;
  word.store(head.word(), std::memory_order_release);
}

TraceCall* RingWriter::begin(std::uint32_t tid, std::int64_t time, const char* api,
                             const char* name) noexcept {
  for (std::size_t i = 0; i < ring_.calls.size(); ++i) {
    TraceCall& call = ring_.calls[(tid + i) % ring_.calls.size()];
    std::uint32_t free = 0;
    if (!call.tid.compare_exchange_strong(free, tid, std::memory_order_acquire)) continue;
    store_text(call.name, name);
    std::uint64_t short_name = 0;
    std::memcpy(&short_name, api, ::strnlen(api, sizeof short_name));
    call.api.store(short_name, std::memory_order_relaxed);
    call.begin.store(time, std::memory_order_release);
    return &call;
  }
  return nullptr;
}

void RingWriter::end(TraceCall* call) noexcept {
  if (call == nullptr) return;
  call->begin.store(0, std::memory_order_relaxed);
  call->tid.store(0, std::memory_order_release);
}

void RingWriter::note_memory(std::uint64_t gpu, std::uint64_t bytes) noexcept {
  for (TracePeak& peak : ring_.peaks) {
    std::uint64_t there = 0;
    if (!peak.gpu.compare_exchange_strong(there, gpu) && there != gpu) continue;
    std::uint64_t most = peak.bytes.load();
    while (most < bytes && !peak.bytes.compare_exchange_weak(most, bytes)) continue;
    return;
  }
}

}  // namespace vgpu::trace
