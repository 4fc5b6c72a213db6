#include "tracer/trace/view.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "tracer/trace/slice.h"
#include "tracer/trace/text.h"

namespace vgpu::tracer {
namespace {

class Keeping : public EventSink {
 public:
  void take(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

Event file_event(std::string path, std::int64_t result) {
  Event event;
  event.kind = EventKind::file;
  event.add(Key::call, "openat");
  event.add(Key::path, std::move(path));
  event.add(Key::result, result);
  if (result < 0) event.add(Key::error, "ENOENT");
  return event;
}

Wanted marked() {
  Wanted wanted;
  wanted.marks = {"libgpu"};
  wanted.variables = {"GPU*", "PATH"};
  return wanted;
}

}  // namespace

TEST_CASE("events: numbers of a hostile file are summed and subtracted without overflow") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(saturated_sum(kMost, 1) == kMost);
  CHECK(saturated_sum(-kMost, -kMost) == std::numeric_limits<std::int64_t>::min());
  CHECK(saturated_sum(-3, 5) == 2);
  Event event;
  event.kind = EventKind::launch;
  event.time = kMost - 1;
  event.add(Key::duration, kMost);
  CHECK(span_of(event).end == kMost);
  event.kind = EventKind::api;
  event.time = -kMost;
  CHECK(span_of(event).begin == 0);
}

TEST_CASE("view: of files that matter, those of others are not shown") {
  Selection selection{marked()};
  selection.wanted.matching_files = true;
  CHECK(is_selected(file_event("/usr/lib/libgpu.so.1", 3), selection));
  CHECK_FALSE(is_selected(file_event("/etc/passwd", 3), selection));
  selection.failed = true;
  CHECK_FALSE(is_selected(file_event("/usr/lib/libgpu.so.1", 3), selection));
  CHECK(is_selected(file_event("/usr/lib/libgpu.so.1", -2), selection));
  Event lost;
  lost.kind = EventKind::lost;
  CHECK(is_selected(lost, selection));
}

TEST_CASE(
    "view: a redacted trace has no names, no arguments and no values, and the same name stays the "
    "same") {
  Keeping kept;
  RedactingSink sink(kept, marked());
  Event exec = file_event("/home/alice/secret/run", 0);
  exec.kind = EventKind::exec;
  exec.add(Key::argv, List{"run", "--token", "hunter2"});
  exec.add(Key::env_set, List{"GPU_ORDER=1", "TOKEN=hunter2"});
  sink.take(exec);
  sink.take(file_event("/home/alice/lib/libgpu.so.1", 3));
  sink.take(file_event("/usr/lib/libc.so.6", 3));
  REQUIRE(kept.events.size() == 3);
  std::string all;
  for (const Event& event : kept.events) all += print_text(event, {});
  for (const char* secret : {"alice", "secret", "hunter2", "TOKEN", "token"})
    CHECK(all.find(secret) == std::string::npos);
  CHECK(kept.events[0].text(Key::path) == "/name1/name2/name3/name4");
  CHECK(kept.events[1].text(Key::path) == "/name1/name2/name6/libgpu.so.1");
  CHECK(kept.events[2].text(Key::path) == "/usr/lib/libc.so.6");
  CHECK(all.find("GPU_ORDER=...") != std::string::npos);
}

TEST_CASE(
    "text: a line is what strace prints, and nothing of it reaches the terminal as a command") {
  Event event = file_event("a\033[31m\"\n\x80", -2);
  event.tid = 7;
  event.add(Key::flags, "O_RDONLY");
  event.add(Key::duration, 12000);
  CHECK(print_text(event, {}) ==
        "[pid     7] openat(\"a\\33[31m\\\"\\n\\200\", O_RDONLY) = -1 ENOENT (No such file or "
        "directory) <0.000012>\n");
}

}  // namespace vgpu::tracer
