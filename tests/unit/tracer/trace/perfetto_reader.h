#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vgpu::tracer {

/// A protobuf message as its bytes say it, without a description: its fields in their order.
struct RawMessage {
  struct Field {
    unsigned number;
    std::uint64_t value;     // varint, fixed64
    std::string_view bytes;  // length-delimited
  };
  std::vector<Field> fields;

  std::uint64_t number(unsigned field, std::uint64_t otherwise = 0) const;
  std::string_view bytes(unsigned field) const;
  RawMessage message(unsigned field) const;
  std::vector<RawMessage> messages(unsigned field) const;
};

/// Errors: std::runtime_error if the bytes are no protobuf message.
RawMessage read_message(std::string_view bytes);

/// A trace as Perfetto's reader understands it. Written from its documentation, with field numbers
/// of its own, so that a wrong number in the writer is found.
struct PerfettoTrace {
  using Annotation = std::variant<std::int64_t, std::string, std::vector<std::string>>;
  struct Slice {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool instant = false;
    bool closed = false;
    std::size_t depth = 0;
    std::uint64_t track = 0;
    std::string category, name;
    std::map<std::string, Annotation> annotations;
    std::vector<std::uint64_t> flows;
  };
  struct Track {
    std::uint64_t parent = 0;
    std::string name, process_name, thread_name;
    std::vector<std::string> cmdline;
    std::int64_t pid = 0, tid = 0;
  };
  std::map<std::uint64_t, Track> tracks;
  std::vector<Slice> slices;  // in the order of their begin
  std::map<std::uint64_t, std::uint64_t> clocks;
  std::uint64_t primary_clock = 0;

  std::vector<const Slice*> of(std::string_view category) const;
};

PerfettoTrace read_perfetto(std::string_view bytes);

}  // namespace vgpu::tracer
