#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "shim/abi/cuda_types.h"
#include "shim/cpu/driver/queue.h"

namespace vgpu::cpu {

class Capture;
class Context;
struct GraphNode;
struct Stream;

/// One recording of an event: where in which stream, and when that was reached.
struct EventRecord {
  Point point;
  std::atomic<std::int64_t> time{0};  ///< Units: nanoseconds of the monotonic clock
};

struct Event {
  Event(std::shared_ptr<Context> owner, std::uint64_t owner_id, unsigned flags_given)
      : context(std::move(owner)), context_id(owner_id), flags(flags_given) {}

  bool timed() const noexcept { return (flags & CU_EVENT_DISABLE_TIMING) == 0; }

  /// The newest recording, or null.
  std::shared_ptr<const EventRecord> latest() const {
    const std::lock_guard lock(mutex);
    return record;
  }

  const std::shared_ptr<Context> context;
  const std::uint64_t context_id;
  const unsigned flags;
  mutable std::mutex mutex;
  std::shared_ptr<const EventRecord> record;  ///< guarded by `mutex`
  // Instead, when it was last recorded in a capture. Guarded by graph_mutex().
  std::shared_ptr<Capture> capture;
  std::vector<std::shared_ptr<GraphNode>> captured;
};

/// Records what `stream` has been given so far.
void record(Event& event, Stream& stream);

/// The monotonic clock. Units: nanoseconds.
std::int64_t now();

}  // namespace vgpu::cpu
