#pragma once

#include <cstdint>
#include <mutex>

#include "shim/shared/shared_table.h"

namespace vgpu {

/// What the processes of the tree use of one GPU together, and this process's part in it. The one
/// place where device memory is charged.
class GpuUsage {
 public:
  GpuUsage(std::uint64_t gpu, std::uint64_t memory, SharedTable& table = SharedTable::of_tree());
  explicit GpuUsage(const GpuProfile& profile, SharedTable& table = SharedTable::of_tree())
      : GpuUsage(gpu_key(profile), profile.memory, table) {}
  GpuUsage(const GpuUsage&) = delete;
  GpuUsage& operator=(const GpuUsage&) = delete;
  ~GpuUsage();

  /// Shows this process among those that use the GPU, as long as it has a context there. False
  /// when too many processes do.
  bool open();
  void close() noexcept;

  /// Takes `size` bytes of what the tree has left. False, and nothing is taken, when they do not
  /// fit. Two that ask at once for the last bytes never get them both.
  bool charge(std::uint64_t size);
  void refund(std::uint64_t size) noexcept;

  /// Units: bytes; of all processes of the tree.
  std::uint64_t used_by_tree() const;
  std::uint64_t left() const;

  /// The GPU computes for this process between the two; they nest.
  void begin_work() noexcept;
  void end_work() noexcept;

  class Work {
   public:
    explicit Work(GpuUsage& usage) noexcept : usage_(usage) { usage_.begin_work(); }
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    ~Work() { usage_.end_work(); }

   private:
    GpuUsage& usage_;
  };

 private:
  enum class Verdict : std::uint8_t { fits, full, contended };
  bool have_slot_locked();
  void leave_if_idle_locked() noexcept;
  Verdict judge_locked(std::uint64_t size) const;

  const std::uint64_t gpu_;
  const std::uint64_t memory_;
  SharedTable& table_;
  mutable std::mutex mutex_;
  SharedSlot* slot_ = nullptr;
  std::uint64_t used_ = 0;  ///< of this process: what the slot says may be scribbled over
  unsigned contexts_ = 0;
  unsigned working_ = 0;
};

/// Percent of the last second in which the GPU was busy with work of a process that uses it.
unsigned busy_percent(const SharedTable& table, std::uint64_t gpu);

/// The same, of one slot, at a moment of CLOCK_MONOTONIC. Units: nanoseconds.
std::uint64_t busy_time(const SharedSlot& slot, std::uint64_t now) noexcept;

/// Device memory that one slot's owner uses, if the slot can be believed.
inline std::uint64_t used_memory(const SharedSlot& slot, std::uint64_t memory) noexcept {
  const std::uint64_t used = slot.used.load();
  return used < memory ? used : memory;
}

}  // namespace vgpu
