#pragma once

#include <optional>

#include "launcher/rings/ring_reader.h"
#include "tracer/trace/event.h"

namespace vgpu::launcher {

/// The event that a guest's record means, without pid, tid and time. Nothing if it is none.
std::optional<tracer::Event> event_of(const RingRecord& record);

}  // namespace vgpu::launcher
