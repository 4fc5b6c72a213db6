#pragma once

/// The field numbers of Perfetto's trace format that we write, a namespace for each message.
/// Source: github.com/google/perfetto, protos/perfetto/trace/, the file named at each.
namespace vgpu::tracer::perfetto {

namespace trace {  // trace.proto
inline constexpr unsigned packet = 1;
}

namespace trace_packet {  // trace_packet.proto
inline constexpr unsigned clock_snapshot = 6;
inline constexpr unsigned timestamp = 8;
inline constexpr unsigned trusted_packet_sequence_id = 10;
inline constexpr unsigned track_event = 11;
inline constexpr unsigned interned_data = 12;
inline constexpr unsigned sequence_flags = 13;
inline constexpr unsigned timestamp_clock_id = 58;
inline constexpr unsigned track_descriptor = 60;
inline constexpr unsigned first_packet_on_sequence = 87;
enum SequenceFlags : unsigned { kStateCleared = 1, kNeedsState = 2 };
}  // namespace trace_packet

namespace clock_snapshot {  // clock_snapshot.proto
inline constexpr unsigned clocks = 1;
inline constexpr unsigned primary_trace_clock = 2;
namespace clock {
inline constexpr unsigned clock_id = 1;
inline constexpr unsigned timestamp = 2;
}  // namespace clock
enum BuiltinClock : unsigned { kRealtime = 1, kMonotonic = 3 };  // common/builtin_clock.proto
}  // namespace clock_snapshot

namespace interned_data {  // interned_data/interned_data.proto
inline constexpr unsigned event_categories = 1;
inline constexpr unsigned debug_annotation_names = 3;
namespace entry {  // EventCategory and DebugAnnotationName alike
inline constexpr unsigned iid = 1;
inline constexpr unsigned name = 2;
}  // namespace entry
}  // namespace interned_data

namespace track_descriptor {  // track_event/track_descriptor.proto
inline constexpr unsigned uuid = 1;
inline constexpr unsigned name = 2;
inline constexpr unsigned process = 3;
inline constexpr unsigned thread = 4;
inline constexpr unsigned parent_uuid = 5;
}  // namespace track_descriptor

namespace process_descriptor {  // track_event/process_descriptor.proto
inline constexpr unsigned pid = 1;
inline constexpr unsigned cmdline = 2;
inline constexpr unsigned process_name = 6;
}  // namespace process_descriptor

namespace thread_descriptor {  // track_event/thread_descriptor.proto
inline constexpr unsigned pid = 1;
inline constexpr unsigned tid = 2;
inline constexpr unsigned thread_name = 5;
}  // namespace thread_descriptor

namespace track_event {  // track_event/track_event.proto
inline constexpr unsigned category_iids = 3;
inline constexpr unsigned debug_annotations = 4;
inline constexpr unsigned type = 9;
inline constexpr unsigned track_uuid = 11;
inline constexpr unsigned name = 23;
inline constexpr unsigned flow_ids = 47;
enum Type : unsigned { kSliceBegin = 1, kSliceEnd = 2, kInstant = 3 };
}  // namespace track_event

namespace debug_annotation {  // track_event/debug_annotation.proto
inline constexpr unsigned name_iid = 1;
inline constexpr unsigned int_value = 4;
inline constexpr unsigned string_value = 6;
inline constexpr unsigned array_values = 12;
}  // namespace debug_annotation

}  // namespace vgpu::tracer::perfetto
