#include "launcher/rings/ring_reader.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <utility>

namespace vgpu::launcher {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

}  // namespace

std::optional<RingField> next_field(std::span<const std::byte>& fields) {
  TraceFieldHead head;
  if (fields.size() < sizeof head) return std::nullopt;
  std::memcpy(static_cast<void*>(&head), fields.data(), sizeof head);
  if (fields.size() - sizeof head < head.size || head.field >= TraceField::end) return std::nullopt;
  const RingField found{head.field, fields.subspan(sizeof head, head.size)};
  fields = fields.subspan(sizeof head + head.size);
  return found;
}

void RingReader::hand_over(std::size_t word, TraceHead head,
                           const std::function<void(const RingRecord&)>& take) {
  std::array<std::uint64_t, kMaxTraceRecord / kWord> copy;
  const std::size_t words = head.size / kWord - 1;
  for (std::size_t i = 0; i < words; ++i)
    copy[i] = ring_.words[word + 1 + i].load(std::memory_order_relaxed);
  TraceRecord record;
  const std::size_t room = words * kWord;
  if (room < sizeof record) return;
  std::memcpy(static_cast<void*>(&record), copy.data(), sizeof record);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(copy));
  if (record.fields > room - sizeof record) return;
  take({head.kind, record.time, record.tid, bytes.subspan(sizeof record, record.fields)});
}

/// Returns how many bytes were done with; 0: wait for what is to come.
std::size_t RingReader::read_at(std::size_t place, std::size_t left, bool last,
                                const std::function<void(const RingRecord&)>& take) {
  const std::size_t word = place / kWord;
  const TraceHead head = TraceHead::of(ring_.words[word].load(std::memory_order_acquire));
  if (head.size == 0 && last) {  // killed before it could say how long this is
    ++lost_;
    return left;
  }
  if (head.size == 0 || (!head.complete && !last)) {
    broken_ = head.size > left;
    return 0;
  }
  const bool fits = head.size % kWord == 0 && head.size <= left &&
                    head.size <= TraceRing::kSize - place &&
                    (head.kind == TraceKind::nothing || head.size <= kMaxTraceRecord);
  if (!fits) {
    broken_ = true;
    return 0;
  }
  if (!head.complete)
    ++lost_;
  else if (head.kind != TraceKind::nothing)
    hand_over(word, head, take);
  for (std::size_t i = 0; i < head.size / kWord; ++i)
    ring_.words[word + i].store(0, std::memory_order_relaxed);
  return head.size;
}

void RingReader::drain(bool last, const std::function<void(const RingRecord&)>& take) {
  if (broken_) return;
  const std::uint64_t reserved = ring_.reserved.load(std::memory_order_acquire);
  broken_ = reserved - taken_ > TraceRing::kSize || reserved % kWord != 0;
  while (!broken_ && taken_ != reserved) {
    const std::size_t done =
        read_at(taken_ % TraceRing::kSize, static_cast<std::size_t>(reserved - taken_), last, take);
    if (done == 0) break;
    taken_ += done;
  }
  ring_.taken.store(taken_, std::memory_order_release);
  ring_.turn.fetch_add(1);
  if (ring_.waiting.load() != 0)
    ::syscall(SYS_futex, &ring_.turn, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

std::uint64_t RingReader::take_lost() noexcept {
  const std::uint64_t told = ring_.lost.load(std::memory_order_relaxed);
  const std::uint64_t fresh = told > lost_heard_ ? told - lost_heard_ : 0;
  lost_heard_ = told;
  return std::exchange(lost_, 0) + fresh;
}

}  // namespace vgpu::launcher
