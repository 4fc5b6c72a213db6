#include "tracer/trace/perfetto.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "tracer/trace/names.h"
#include "tracer/trace/perfetto_fields.h"
#include "tracer/trace/perfetto_tracks.h"
#include "tracer/trace/protobuf.h"
#include "tracer/trace/slice.h"
#include "tracer/trace/utf8.h"

namespace vgpu::tracer {
namespace {

using namespace perfetto;

// Numbers of interned names begin with 1; an event that is only part of this view has a category of
// its own.
template <typename Row>
constexpr std::uint64_t interned(Row row) {
  return static_cast<std::uint64_t>(row) + 1;
}
const std::uint64_t kViewCategory = event_rows().size() + 1;

Protobuf interned_entry(std::uint64_t iid, std::string_view name) {
  using namespace interned_data;
  return Protobuf().number(entry::iid, iid).bytes(entry::name, name);
}

/// What packets refer to by number from then on: the names of schema.def.
Protobuf interned_names() {
  Protobuf names;
  for (std::size_t i = 0; i < event_rows().size(); ++i)
    names.message(interned_data::event_categories,
                  interned_entry(interned(i), event_rows()[i].name));
  names.message(interned_data::event_categories, interned_entry(kViewCategory, "view"));
  for (std::size_t i = 0; i < key_rows().size(); ++i)
    names.message(interned_data::debug_annotation_names,
                  interned_entry(interned(i), key_rows()[i].name));
  return names;
}

/// Says that our times are CLOCK_MONOTONIC, from the trace's beginning, and what time of day it
/// was.
Protobuf clock_snapshot_of(const Event& first) {
  using namespace clock_snapshot;
  const auto clock = [](BuiltinClock id, std::int64_t time) {
    return Protobuf().number(clock::clock_id, id).signed_number(clock::timestamp, time);
  };
  Protobuf snapshot;
  snapshot.message(clocks, clock(kMonotonic, first.time));
  if (const auto* began = first.find<std::int64_t>(Key::began))
    snapshot.message(clocks, clock(kRealtime, *began));
  snapshot.number(primary_trace_clock, kMonotonic);
  return snapshot;
}

Protobuf annotation(Key key, const Value& value) {
  using namespace debug_annotation;
  Protobuf field;
  field.number(name_iid, interned(key));
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    field.signed_number(int_value, *number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    field.bytes(string_value, valid_utf8(*text));
  } else {
    for (const std::string& item : std::get<List>(value))
      field.message(array_values, Protobuf().bytes(string_value, valid_utf8(item)));
  }
  return field;
}

class PerfettoSink : public EventSink, private PacketWriter {
 public:
  explicit PerfettoSink(Output& output) : output_(output), tracks_(*this) {}

  void take(const Event& event) override {
    record_.clear();
    if (!begun_) begin(event);
    switch (event.kind) {
      case EventKind::process:
        take_process(event);
        break;
      case EventKind::exec:
        take_exec(event);
        break;
      case EventKind::exit:
        take_exit(event);
        break;
      default:
        add_span(event, tracks_.of(event));
    }
    output_.put(record_);  // the events of a record come whole or not at all
  }

 private:
  void begin(const Event& first) {
    begun_ = true;
    add_packet(first.time, trace_packet::clock_snapshot, clock_snapshot_of(first), 0);
    Protobuf packet;
    packet.number(trace_packet::trusted_packet_sequence_id, kSequence)
        .number(trace_packet::sequence_flags, trace_packet::kStateCleared)
        .number(trace_packet::first_packet_on_sequence, 1)
        .message(trace_packet::interned_data, interned_names());
    record_ += Protobuf().message(trace::packet, packet).str();
  }

  void add_descriptor(std::int64_t time, const Protobuf& descriptor) override {
    add_packet(time, trace_packet::track_descriptor, descriptor, trace_packet::kNeedsState);
  }

  void add_packet(std::int64_t time, unsigned field, const Protobuf& content, unsigned flags) {
    Protobuf packet;
    packet.signed_number(trace_packet::timestamp, time)
        .number(trace_packet::timestamp_clock_id, clock_snapshot::kMonotonic)
        .number(trace_packet::trusted_packet_sequence_id, kSequence);
    if (flags != 0) packet.number(trace_packet::sequence_flags, flags);
    packet.message(field, content);
    record_ += Protobuf().message(trace::packet, packet).str();
  }

  /// Flow: 0 if no arrow begins or ends here.
  void add(const Event& event, std::int64_t time, track_event::Type type, std::uint64_t track,
           std::uint64_t flow = 0) {
    Protobuf body;
    body.number(track_event::type, type).number(track_event::track_uuid, track);
    body.number(track_event::category_iids, interned(event.kind));
    body.bytes(track_event::name, valid_utf8(title_of(event)));
    for (const auto& [key, value] : event.fields)
      body.message(track_event::debug_annotations, annotation(key, value));
    if (flow != 0) body.fixed64(track_event::flow_ids, flow);
    add_packet(time, trace_packet::track_event, body, trace_packet::kNeedsState);
  }

  void add_end(std::int64_t time, std::uint64_t track) {
    Protobuf body;
    body.number(track_event::type, track_event::kSliceEnd).number(track_event::track_uuid, track);
    add_packet(time, trace_packet::track_event, body, trace_packet::kNeedsState);
  }

  void add_span(const Event& event, std::uint64_t track) {
    const Span span = span_of(event);
    if (!span.has_end) return add(event, span.begin, track_event::kInstant, track);
    add(event, span.begin, track_event::kSliceBegin, track);
    add_end(span.end, track);
  }

  /// The program that a process runs is a slice, from fork or exec to the next exec or the end.
  void take_process(const Event& event) {
    const auto parent = static_cast<pid_t>(event.number(Key::parent));
    const std::uint64_t flow = tracks_.begin_process(event, parent);
    if (tracks_.knows(parent)) {
      Protobuf body;
      body.number(track_event::type, track_event::kInstant)
          .number(track_event::track_uuid, tracks_.of_thread(parent, parent, event.time))
          .number(track_event::category_iids, kViewCategory)
          .bytes(track_event::name, fmt::format("{} {}", event.text(Key::how), event.pid))
          .fixed64(track_event::flow_ids, flow);
      add_packet(event.time, trace_packet::track_event, body, trace_packet::kNeedsState);
    }
    add(event, event.time, track_event::kSliceBegin, tracks_.of_main(event), flow);
    tracks_.open_program(event.pid);
  }

  void take_exec(const Event& event) {
    if (event.number(Key::result) < 0) return add_span(event, tracks_.of(event));
    const std::uint64_t flow = tracks_.begin_program(event);
    const std::uint64_t track = tracks_.of_main(event);
    const std::int64_t time = span_of(event).end;  // only then the program runs
    if (tracks_.close_program(event.pid)) add_end(time, track);
    add(event, time, track_event::kSliceBegin, track, flow);
    tracks_.open_program(event.pid);
  }

  void take_exit(const Event& event) {
    const std::uint64_t track = tracks_.of_main(event);
    add(event, event.time, track_event::kInstant, track);
    if (tracks_.close_program(event.pid)) add_end(event.time, track);
  }

  static constexpr std::uint64_t kSequence = 1;

  Output& output_;
  Tracks tracks_;
  std::string record_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<EventSink> make_perfetto_sink(Output& output, const Look&) {
  return std::make_unique<PerfettoSink>(output);
}

}  // namespace vgpu::tracer
