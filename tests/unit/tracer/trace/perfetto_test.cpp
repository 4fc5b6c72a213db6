#include "tracer/trace/perfetto.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "perfetto_reader.h"
#include "tracer/trace/names.h"
#include "written.h"

namespace vgpu::tracer {
namespace {

using Slice = PerfettoTrace::Slice;

Event make(EventKind kind, std::int64_t time, pid_t pid, pid_t tid = 0) {
  Event event;
  event.kind = kind;
  event.time = time;
  event.pid = pid;
  event.tid = tid == 0 ? pid : tid;
  return event;
}

Event make_process(std::int64_t time, pid_t pid, pid_t parent) {
  return make(EventKind::process, time, pid)
      .add(Key::parent, std::int64_t{parent})
      .add(Key::how, "vfork");
}

Event make_exec(std::int64_t time, pid_t pid, const char* program) {
  return make(EventKind::exec, time, pid)
      .add(Key::call, "execve")
      .add(Key::path, program)
      .add(Key::argv, List{program, "-x"})
      .add(Key::result, std::int64_t{0});
}

PerfettoTrace traced(const std::vector<Event>& events) {
  return read_perfetto(written(Format::perfetto, events));
}

const Slice& only(const std::vector<const Slice*>& slices) {
  REQUIRE(slices.size() == 1);
  return *slices[0];
}

}  // namespace

TEST_CASE("perfetto: every event is there once, under its kind, with all that it says") {
  std::vector<Event> events;
  for (std::size_t i = 0; i < event_rows().size(); ++i) {
    Event event = make(static_cast<EventKind>(i), 1000 * static_cast<std::int64_t>(i + 1), 17, 18);
    for (const Key key : event_rows()[i].keys)
      switch (key_rows()[static_cast<std::size_t>(key)].type) {
        case ValueType::number:
          event.add(key, std::int64_t{-5});
          break;
        case ValueType::text:
          event.add(key, "some text");
          break;
        case ValueType::list:
          event.add(key, List{"", "two"});
      }
    events.push_back(std::move(event));
  }
  const PerfettoTrace trace = traced(events);
  for (const Event& event : events) {
    CAPTURE(name_of(event.kind));
    const Slice& slice = only(trace.of(name_of(event.kind)));
    CHECK(slice.begin == event.time);
    CHECK(slice.annotations.size() == event.fields.size());
    for (const auto& [key, value] : event.fields) {
      CAPTURE(name_of(key));
      const auto found = slice.annotations.find(std::string(name_of(key)));
      REQUIRE(found != slice.annotations.end());
      CHECK((found->second == value));
    }
  }
}

TEST_CASE("perfetto: times are CLOCK_MONOTONIC, and the time of day is told once") {
  const PerfettoTrace trace =
      traced({make(EventKind::trace, 0, 1).add(Key::began, std::int64_t{1700000000000000000})});
  CHECK(trace.clocks.at(3) == 0);
  CHECK(trace.clocks.at(1) == 1700000000000000000U);
  CHECK(trace.primary_clock == 3);
}

TEST_CASE("perfetto: a call lasts as long as it took, and what it did inside is below it") {
  const PerfettoTrace trace = traced({
      make(EventKind::file, 500, 7)
          .add(Key::call, "openat")
          .add(Key::path, "/x/y")
          .add(Key::duration, std::int64_t{100}),
      make(EventKind::api, 900, 7).add(Key::call, "init").add(Key::duration, std::int64_t{800}),
      make(EventKind::launch, 1000, 7).add(Key::kernel, "add").add(Key::duration, std::int64_t{30}),
      make(EventKind::symbol, 1100, 7).add(Key::name, "init"),
  });
  const Slice& file = only(trace.of("file"));
  const Slice& api = only(trace.of("api"));
  const Slice& launch = only(trace.of("launch"));
  CHECK(api.begin == 100);
  CHECK(api.end == 900);
  CHECK(file.begin == 500);
  CHECK(file.end == 600);
  CHECK(file.depth == api.depth + 1);
  CHECK(file.name == "openat y");
  CHECK(launch.begin == 1000);
  CHECK(launch.end == 1030);
  CHECK(only(trace.of("symbol")).instant);
}

TEST_CASE(
    "perfetto: an arrow leads from the parent's thread to the child and to its first program") {
  const PerfettoTrace trace =
      traced({make_process(10, 7, 1), make_exec(20, 7, "/bin/parent"), make_process(30, 8, 7),
              make_exec(40, 8, "/bin/child"), make_exec(50, 8, "/bin/second")});
  const Slice& source = only(trace.of("view"));
  REQUIRE(source.flows.size() == 1);
  CHECK(source.begin == 30);
  CHECK(trace.tracks.at(source.track).tid == 7);
  std::vector<std::string> way;
  for (const Slice& slice : trace.slices)
    if (slice.flows == source.flows) way.push_back(slice.category + " " + slice.name);
  CHECK(way == std::vector<std::string>{"view vfork 8", "process vfork 8", "exec /bin/child -x"});
}

TEST_CASE("perfetto: a program lasts from its exec to the next, or to the end of its process") {
  const PerfettoTrace trace = traced(
      {make_process(10, 7, 1), make_exec(20, 7, "/bin/one"), make_exec(30, 7, "/bin/two"),
       make(EventKind::exec, 35, 7).add(Key::path, "/none").add(Key::result, std::int64_t{-2}),
       make(EventKind::exit, 40, 7).add(Key::status, std::int64_t{3})});
  const auto programs = trace.of("exec");
  REQUIRE(programs.size() == 3);
  CHECK(programs[0]->end == 30);
  CHECK(programs[1]->end == 40);
  CHECK(programs[1]->depth == 0);
  CHECK(programs[2]->instant);
  CHECK(only(trace.of("exit")).name == "exit 3");
  for (const Slice& slice : trace.slices) CHECK((slice.closed || slice.instant));
}

TEST_CASE(
    "perfetto: processes and threads have their names, streams a track each of their process") {
  std::vector<Event> events{make_process(10, 7, 1), make_exec(20, 7, "/bin/one"),
                            make(EventKind::thread, 30, 7, 9).add(Key::how, "thread")};
  for (const std::int64_t stream : {0, 5, 5})
    events.push_back(make(EventKind::launch, 40, 7, 9)
                         .add(Key::kernel, "add")
                         .add(Key::device, std::int64_t{0})
                         .add(Key::stream, stream)
                         .add(Key::duration, std::int64_t{1}));
  const PerfettoTrace trace = traced(events);
  std::uint64_t process = 0;
  std::vector<std::string> streams;
  for (const auto& [uuid, track] : trace.tracks)
    if (!track.process_name.empty()) {
      process = uuid;
      CHECK(track.process_name == "one");
      CHECK(track.cmdline == std::vector<std::string>{"/bin/one", "-x"});
    }
  for (const auto& [uuid, track] : trace.tracks)
    if (track.parent == process) streams.push_back(track.name);
  std::ranges::sort(streams);
  CHECK(streams == std::vector<std::string>{"GPU 0 stream 0x0", "GPU 0 stream 0x5"});
  CHECK(trace.tracks.at(only(trace.of("thread")).track).tid == 9);
}

TEST_CASE("perfetto: a pid that comes again is another process") {
  const PerfettoTrace trace = traced({make_process(10, 7, 1), make(EventKind::exit, 20, 7),
                                      make_process(30, 7, 1), make(EventKind::exit, 40, 7)});
  const auto both = trace.of("process");
  REQUIRE(both.size() == 2);
  CHECK(both[0]->track != both[1]->track);
}

TEST_CASE("perfetto: bytes that are no UTF-8 arrive as valid text") {
  const PerfettoTrace trace =
      traced({make(EventKind::file, 1, 7).add(Key::call, "open").add(Key::path, "/a\xff\x01<b")});
  const Slice& file = only(trace.of("file"));
  CHECK((file.annotations.at("path") == PerfettoTrace::Annotation("/a\uEFFF\x01<b")));
  CHECK(file.name == "open a\uEFFF\x01<b");
}

TEST_CASE("perfetto: a description that was forgotten among many is written again") {
  std::vector<Event> events;
  constexpr int kMany = 100000;
  for (int i = 0; i < kMany; ++i)
    events.push_back(make(EventKind::symbol, i, 7, 10 + i).add(Key::name, "f"));
  events.push_back(make(EventKind::symbol, kMany, 7, 10).add(Key::name, "f"));
  const PerfettoTrace trace = traced(events);
  CHECK(trace.of("symbol").size() == kMany + 1);
}

}  // namespace vgpu::tracer
