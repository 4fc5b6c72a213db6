#pragma once

#include <memory>

#include "tracer/trace/sink.h"

namespace vgpu::tracer {

/// Perfetto's own format, for ui.perfetto.dev: a track for each thread and each stream, an arrow
/// from who made a process to the process. What an event says besides its time is in its
/// annotations, under the names of schema.def; its category is its kind.
/// Source: perfetto.dev/docs/reference/synthetic-track-event
std::unique_ptr<EventSink> make_perfetto_sink(Output& output, const Look& look);

}  // namespace vgpu::tracer
