#include "perfetto_reader.h"

#include <algorithm>
#include <stdexcept>

namespace vgpu::tracer {
namespace {

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes.empty()) throw std::runtime_error("a number without an end");
    const auto byte = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  throw std::runtime_error("a number of more than 64 bits");
}

std::string_view take_bytes(std::string_view& bytes, std::uint64_t size) {
  if (size > bytes.size()) throw std::runtime_error("a field without an end");
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

RawMessage::Field take_field(std::string_view& bytes) {
  const std::uint64_t tag = take_varint(bytes);
  RawMessage::Field field{static_cast<unsigned>(tag >> 3U), 0, {}};
  switch (tag & 7U) {
    case 0:
      field.value = take_varint(bytes);
      return field;
    case 1: {
      const std::string_view eight = take_bytes(bytes, 8);
      for (unsigned i = 0; i < 8; ++i)
        field.value |= std::uint64_t{static_cast<unsigned char>(eight[i])} << 8U * i;
      return field;
    }
    case 2:
      field.bytes = take_bytes(bytes, take_varint(bytes));
      return field;
    default:
      throw std::runtime_error("a wire type that does not exist");
  }
}

using Names = std::map<std::uint64_t, std::string>;

PerfettoTrace::Annotation annotation_of(const RawMessage& field) {
  std::vector<std::string> list;
  for (const auto& [number, value, bytes] : field.fields) {
    if (number == 4) return static_cast<std::int64_t>(value);
    if (number == 6) return std::string(bytes);
    if (number == 12) list.emplace_back(read_message(bytes).bytes(6));
  }
  return list;
}

class Reader {
 public:
  PerfettoTrace read(std::string_view bytes) {
    std::vector<RawMessage> packets = read_message(bytes).messages(1);
    for (const RawMessage& packet : packets) tokenize(packet);
    std::ranges::stable_sort(events_, {}, [](const auto& event) { return event.first; });
    for (const auto& [time, event] : events_) add_event(time, event);
    std::ranges::stable_sort(trace_.slices, {}, &PerfettoTrace::Slice::begin);
    return std::move(trace_);
  }

 private:
  void tokenize(const RawMessage& packet) {
    if (packet.number(10) == 0) throw std::runtime_error("a packet without a sequence");
    const RawMessage names = packet.message(12);
    for (const RawMessage& entry : names.messages(1)) categories_[entry.number(1)] = entry.bytes(2);
    for (const RawMessage& entry : names.messages(3)) keys_[entry.number(1)] = entry.bytes(2);
    const RawMessage clocks = packet.message(6);
    for (const RawMessage& clock : clocks.messages(1))
      trace_.clocks[clock.number(1)] = clock.number(2);
    if (clocks.number(2) != 0) trace_.primary_clock = clocks.number(2);
    if (!packet.bytes(60).empty()) describe(packet.message(60));
    if (packet.bytes(11).empty()) return;
    if (packet.number(58) != 3) throw std::runtime_error("an event of another clock");
    if (packet.number(13) != 2) throw std::runtime_error("names by number without saying so");
    events_.emplace_back(static_cast<std::int64_t>(packet.number(8)), packet.message(11));
  }

  void describe(const RawMessage& descriptor) {
    PerfettoTrace::Track& track = trace_.tracks[descriptor.number(1)];
    track.parent = descriptor.number(5);
    track.name = descriptor.bytes(2);
    if (const RawMessage process = descriptor.message(3); !process.fields.empty()) {
      track.pid = static_cast<std::int64_t>(process.number(1));
      track.process_name = process.bytes(6);
      track.cmdline.clear();
      for (const auto& field : process.fields)
        if (field.number == 2) track.cmdline.emplace_back(field.bytes);
    }
    if (const RawMessage thread = descriptor.message(4); !thread.fields.empty()) {
      track.pid = static_cast<std::int64_t>(thread.number(1));
      track.tid = static_cast<std::int64_t>(thread.number(2));
      track.thread_name = thread.bytes(5);
    }
  }

  void add_event(std::int64_t time, const RawMessage& event) {
    const std::uint64_t track = event.number(11);
    if (!trace_.tracks.contains(track)) throw std::runtime_error("a track without description");
    std::vector<std::size_t>& open = open_[track];
    if (event.number(9) == 2) {
      if (open.empty()) throw std::runtime_error("an end without a begin");
      trace_.slices[open.back()].end = time;
      trace_.slices[open.back()].closed = true;
      return open.pop_back();
    }
    PerfettoTrace::Slice slice;
    slice.begin = slice.end = time;
    slice.instant = event.number(9) == 3;
    slice.track = track;
    slice.depth = open.size();
    slice.category = categories_.at(event.number(3));
    slice.name = event.bytes(23);
    for (const RawMessage& field : event.messages(4))
      slice.annotations[keys_.at(field.number(1))] = annotation_of(field);
    for (const auto& field : event.fields)
      if (field.number == 47) slice.flows.push_back(field.value);
    if (!slice.instant) open.push_back(trace_.slices.size());
    trace_.slices.push_back(std::move(slice));
  }

  PerfettoTrace trace_;
  Names categories_, keys_;
  std::vector<std::pair<std::int64_t, RawMessage>> events_;
  std::map<std::uint64_t, std::vector<std::size_t>> open_;
};

}  // namespace

std::uint64_t RawMessage::number(unsigned field, std::uint64_t otherwise) const {
  for (const Field& one : fields)
    if (one.number == field) return one.value;
  return otherwise;
}

std::string_view RawMessage::bytes(unsigned field) const {
  for (const Field& one : fields)
    if (one.number == field) return one.bytes;
  return {};
}

RawMessage RawMessage::message(unsigned field) const { return read_message(bytes(field)); }

std::vector<RawMessage> RawMessage::messages(unsigned field) const {
  std::vector<RawMessage> found;
  for (const Field& one : fields)
    if (one.number == field) found.push_back(read_message(one.bytes));
  return found;
}

RawMessage read_message(std::string_view bytes) {
  RawMessage message;
  while (!bytes.empty()) message.fields.push_back(take_field(bytes));
  return message;
}

std::vector<const PerfettoTrace::Slice*> PerfettoTrace::of(std::string_view category) const {
  std::vector<const Slice*> found;
  for (const Slice& slice : slices)
    if (slice.category == category) found.push_back(&slice);
  return found;
}

PerfettoTrace read_perfetto(std::string_view bytes) { return Reader().read(bytes); }

}  // namespace vgpu::tracer
