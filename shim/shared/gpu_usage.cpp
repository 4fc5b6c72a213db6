#include "shim/shared/gpu_usage.h"

#include <sched.h>

#include <algorithm>
#include <ctime>

#include "shim/trace/channel.h"

namespace vgpu {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMicrosecond = 1'000;
constexpr int kPatience = 1000;

std::uint64_t now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t add_up_to(std::uint64_t limit, std::uint64_t a, std::uint64_t b) noexcept {
  return a >= limit || b >= limit - a ? limit : a + b;
}

/// Writes a busy period down. Only the owner writes, so nothing is lost between load and store.
void note_busy(SharedSlot& slot, std::uint64_t begin, std::uint64_t end) noexcept {
  constexpr std::uint64_t kBucket = SharedSlot::kBucketTime;
  begin = std::max(begin, end - std::min(end, kBucket * SharedSlot::kBuckets));
  while (begin < end) {
    const std::uint64_t number = begin / kBucket;
    const std::uint64_t until = std::min(end, (number + 1) * kBucket);
    auto& bucket = slot.busy[number % SharedSlot::kBuckets];
    const std::uint64_t before = bucket.load();
    const std::uint64_t so_far = before >> 32U == (number & UINT32_MAX) ? before & UINT32_MAX : 0;
    const std::uint64_t sum = so_far + (until - begin) / kMicrosecond;
    bucket = number << 32U | std::min(sum, kBucket / kMicrosecond);
    begin = until;
  }
}

}  // namespace

GpuUsage::GpuUsage(std::uint64_t gpu, std::uint64_t memory, SharedTable& table)
    : gpu_(gpu), memory_(memory), table_(table) {}

GpuUsage::~GpuUsage() {
  if (slot_ != nullptr) table_.give_back(slot_);
}

bool GpuUsage::have_slot_locked() {
  if (slot_ == nullptr) slot_ = table_.claim(gpu_);
  return slot_ != nullptr;
}

void GpuUsage::leave_if_idle_locked() noexcept {
  if (slot_ == nullptr || used_ != 0 || contexts_ != 0 || working_ != 0) return;
  table_.give_back(slot_);
  slot_ = nullptr;
}

bool GpuUsage::open() {
  const std::lock_guard lock(mutex_);
  if (!have_slot_locked()) return false;
  ++contexts_;
  return true;
}

void GpuUsage::close() noexcept {
  const std::lock_guard lock(mutex_);
  if (contexts_ != 0) --contexts_;
  leave_if_idle_locked();
}

// Our own wish is written down before the others' are read: of two who ask at once, at least one
// sees the other.
GpuUsage::Verdict GpuUsage::judge_locked(std::uint64_t size) const {
  std::uint64_t granted = used_;
  std::uint64_t asked = size;
  for (const SharedTable::Use& use : table_.uses_of(gpu_)) {
    if (use.slot == slot_) continue;
    granted = add_up_to(memory_, granted, used_memory(*use.slot, memory_));
    asked = add_up_to(memory_ + 1, asked, std::min(use.slot->pending.load(), memory_));
  }
  if (size > memory_ - granted) return Verdict::full;
  return asked <= memory_ - granted ? Verdict::fits : Verdict::contended;
}

bool GpuUsage::charge(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (size > memory_ || !have_slot_locked()) return false;
  for (int attempt = 0; attempt < kPatience; ++attempt) {
    slot_->pending = size;
    const Verdict verdict = judge_locked(size);
    if (verdict == Verdict::fits) {
      used_ += size;
      slot_->used = used_;
      slot_->pending = 0;
      trace::note_memory(gpu_, used_);
      return true;
    }
    slot_->pending = 0;
    if (verdict == Verdict::full) break;
    ::sched_yield();  // another's wish is in the way: it is granted or withdrawn in a moment
  }
  leave_if_idle_locked();
  return false;
}

void GpuUsage::refund(std::uint64_t size) noexcept {
  const std::lock_guard lock(mutex_);
  used_ -= std::min(size, used_);
  if (slot_ == nullptr) return;
  slot_->used = used_;
  leave_if_idle_locked();
}

std::uint64_t GpuUsage::used_by_tree() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t used = used_;
  for (const SharedTable::Use& use : table_.uses_of(gpu_))
    if (use.slot != slot_) used = add_up_to(memory_, used, used_memory(*use.slot, memory_));
  return used;
}

std::uint64_t GpuUsage::left() const { return memory_ - std::min(memory_, used_by_tree()); }

void GpuUsage::begin_work() noexcept {
  const std::lock_guard lock(mutex_);
  if (working_++ == 0 && slot_ != nullptr) slot_->busy_since = now();
}

void GpuUsage::end_work() noexcept {
  const std::lock_guard lock(mutex_);
  if (working_ == 0 || --working_ != 0 || slot_ == nullptr) return;
  const std::uint64_t begin = slot_->busy_since.exchange(0);
  if (begin != 0) note_busy(*slot_, begin, now());
  leave_if_idle_locked();
}

std::uint64_t busy_time(const SharedSlot& slot, std::uint64_t at) noexcept {
  constexpr std::uint64_t kBucket = SharedSlot::kBucketTime;
  const std::uint64_t last = at / kBucket;
  const std::uint64_t first = last - std::min(last, kSecond / kBucket - 1);
  std::uint64_t busy = 0;
  for (std::uint64_t number = first; number <= last; ++number) {
    const std::uint64_t bucket = slot.busy[number % SharedSlot::kBuckets].load();
    if (bucket >> 32U == (number & UINT32_MAX))
      busy += std::min((bucket & UINT32_MAX) * kMicrosecond, kBucket);
  }
  const std::uint64_t since = slot.busy_since.load();
  if (since != 0 && since < at) busy += at - std::max(since, first * kBucket);
  return std::min(busy, kSecond);
}

unsigned busy_percent(const SharedTable& table, std::uint64_t gpu) {
  const std::uint64_t at = now();
  std::uint64_t busy = 0;
  for (const SharedTable::Use& use : table.uses_of(gpu)) busy += busy_time(*use.slot, at);
  // What is counted began up to a bucket less than a second ago.
  const std::uint64_t window = kSecond - SharedSlot::kBucketTime + at % SharedSlot::kBucketTime;
  return static_cast<unsigned>(std::min<std::uint64_t>(100, (busy * 100 + window / 2) / window));
}

}  // namespace vgpu
