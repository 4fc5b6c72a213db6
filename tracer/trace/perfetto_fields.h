#pragma once

/// The field numbers of Perfetto's trace format that we write, a namespace for each message.
/// Source: github.com/google/perfetto, protos/perfetto/trace/, the file named at each.
namespace vgpu::tracer::perfetto {

namespace trace {  // trace.proto
enum Field : unsigned {
  packet = 1,
};
}

namespace trace_packet {  // trace_packet.proto
enum Field : unsigned {
  clock_snapshot = 6,
  timestamp = 8,
  trusted_packet_sequence_id = 10,
  track_event = 11,
  interned_data = 12,
  sequence_flags = 13,
  timestamp_clock_id = 58,
  track_descriptor = 60,
  first_packet_on_sequence = 87,
};
enum SequenceFlags : unsigned { kStateCleared = 1, kNeedsState = 2 };
}  // namespace trace_packet

namespace clock_snapshot {  // clock_snapshot.proto
enum Field : unsigned {
  clocks = 1,
  primary_trace_clock = 2,
};
namespace clock {
enum Field : unsigned {
  clock_id = 1,
  timestamp = 2,
};
}  // namespace clock
enum BuiltinClock : unsigned { kRealtime = 1, kMonotonic = 3 };  // common/builtin_clock.proto
}  // namespace clock_snapshot

namespace interned_data {  // interned_data/interned_data.proto
enum Field : unsigned {
  event_categories = 1,
  debug_annotation_names = 3,
};
namespace entry {  // EventCategory and DebugAnnotationName alike
enum Field : unsigned {
  iid = 1,
  name = 2,
};
}  // namespace entry
}  // namespace interned_data

namespace track_descriptor {  // track_event/track_descriptor.proto
enum Field : unsigned {
  uuid = 1,
  name = 2,
  process = 3,
  thread = 4,
  parent_uuid = 5,
};
}  // namespace track_descriptor

namespace process_descriptor {  // track_event/process_descriptor.proto
enum Field : unsigned {
  pid = 1,
  cmdline = 2,
  process_name = 6,
};
}  // namespace process_descriptor

namespace thread_descriptor {  // track_event/thread_descriptor.proto
enum Field : unsigned {
  pid = 1,
  tid = 2,
  thread_name = 5,
};
}  // namespace thread_descriptor

namespace track_event {  // track_event/track_event.proto
enum Field : unsigned {
  category_iids = 3,
  debug_annotations = 4,
  type = 9,
  track_uuid = 11,
  name = 23,
  flow_ids = 47,
};
enum Type : unsigned { kSliceBegin = 1, kSliceEnd = 2, kInstant = 3 };
}  // namespace track_event

namespace debug_annotation {  // track_event/debug_annotation.proto
enum Field : unsigned {
  name_iid = 1,
  int_value = 4,
  string_value = 6,
  array_values = 12,
};
}  // namespace debug_annotation

}  // namespace vgpu::tracer::perfetto
