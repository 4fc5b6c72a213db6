#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "shim/trace/ring_writer.h"

/// This process's part in a trace. Each of our libraries has its own, and so has a forked child.
namespace vgpu::trace {

enum class Wanted : int { unknown, no, yes };
inline constinit std::atomic<Wanted> wanted{Wanted::unknown};

/// The one question that a call asks where nothing is traced.
inline bool may_be_on() noexcept { return wanted.load(std::memory_order_relaxed) != Wanted::no; }

/// Whether there is a trace: if the supervisor has the file for it. Finds out once, also for forked
/// children. Leaves errno as it was.
bool decide() noexcept;

/// True once it is known that there is a trace.
inline bool on() noexcept { return wanted.load(std::memory_order_relaxed) == Wanted::yes; }

/// Where this process writes; opened by the first who asks. Null where there is no such place: the
/// program may have shut itself off from it.
RingWriter* ring() noexcept;

/// CLOCK_MONOTONIC. Units: nanoseconds
std::int64_t now() noexcept;

/// The calling thread, as it sees itself.
std::uint32_t thread_id() noexcept;

/// Tells which of the machine's GPUs the program's are, in the program's order.
void set_devices(std::span<const int> machine_ordinals) noexcept;
/// The machine's number of the program's device; -1 if there is none.
int machine_device(int ordinal) noexcept;

/// Notes that this process holds so much memory of a GPU, if there is a trace.
void note_memory(std::uint64_t gpu, std::uint64_t bytes) noexcept;

}  // namespace vgpu::trace
