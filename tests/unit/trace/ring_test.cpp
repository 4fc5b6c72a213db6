// The ring between a guest and the supervisor: its writer and its reader.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "launcher/rings/ring_events.h"
#include "launcher/rings/ring_reader.h"
#include "shim/trace/ring_writer.h"

using namespace vgpu;
using launcher::RingReader;
using launcher::RingRecord;

namespace {

std::unique_ptr<TraceRing> make_ring() {
  auto ring = std::make_unique<TraceRing>();
  std::memset(static_cast<void*>(ring.get()), 0, sizeof *ring);
  return ring;
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const TraceFieldHead head{TraceField::args, 0, static_cast<std::uint16_t>(text.size())};
  std::vector<std::byte> bytes(sizeof head + text.size());
  std::memcpy(bytes.data(), &head, sizeof head);
  std::memcpy(bytes.data() + sizeof head, text.data(), text.size());
  return bytes;
}

void write(trace::RingWriter& writer, std::uint32_t tid, std::int64_t time, std::string_view text) {
  const auto fields = bytes_of(text);
  writer.write(TraceKind::api, {time, tid, static_cast<std::uint32_t>(fields.size())}, fields);
}

std::string args_of(const RingRecord& record) {
  const auto event = launcher::event_of(record);
  return event ? std::string(event->text(tracer::Key::args)) : "?";
}

std::vector<std::string> drained(RingReader& reader, bool last = false) {
  std::vector<std::string> texts;
  reader.drain(last, [&](const RingRecord& record) { texts.push_back(args_of(record)); });
  return texts;
}

}  // namespace

TEST_CASE("ring: what was written is read once, in order") {
  const auto ring = make_ring();
  trace::RingWriter writer(*ring);
  RingReader reader(*ring);
  write(writer, 1, 10, "one");
  write(writer, 1, 11, "");
  write(writer, 1, 12, std::string(1000, 'x'));
  CHECK(drained(reader) == std::vector<std::string>{"one", "", std::string(1000, 'x')});
  CHECK(drained(reader).empty());
}

TEST_CASE("ring: it goes round for ever, with records of all sizes") {
  const auto ring = make_ring();
  trace::RingWriter writer(*ring);
  RingReader reader(*ring);
  std::size_t read = 0;
  for (std::size_t i = 0; i < 20000; ++i) {
    const std::string text = std::to_string(i) + std::string(i * 37 % 900, '.');
    write(writer, 1, 0, text);
    if (i % 500 != 499) continue;
    for (const std::string& found : drained(reader)) {
      CHECK(found == std::to_string(read) + std::string(read * 37 % 900, '.'));
      ++read;
    }
  }
  CHECK(read == 20000);
  CHECK(reader.take_lost() == 0);
}

TEST_CASE(
    "ring: without a reader a full ring makes nobody wait for long, and what is lost counts") {
  const auto ring = make_ring();
  trace::RingWriter writer(*ring);
  RingReader reader(*ring);
  const std::string text(1000, 'x');
  constexpr std::size_t kWritten = 3000;  // some 3 MB
  for (std::size_t i = 0; i < kWritten; ++i) write(writer, 1, 0, text);
  const std::size_t kept = drained(reader).size();
  CHECK(kept > 900);
  CHECK(reader.take_lost() == kWritten - kept);
  CHECK(reader.take_lost() == 0);
  write(writer, 1, 0, "there is room again");
  CHECK(drained(reader) == std::vector<std::string>{"there is room again"});
}

TEST_CASE("ring: threads lose nothing while somebody reads") {
  const auto ring = make_ring();
  trace::RingWriter writer(*ring);
  RingReader reader(*ring);
  constexpr unsigned kThreads = 4, kEach = 20000;
  std::atomic<unsigned> running{kThreads};
  std::vector<std::thread> threads;
  for (unsigned thread = 1; thread <= kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (unsigned i = 0; i < kEach; ++i)
        write(writer, thread, 0, std::to_string(i) + std::string(i % 300, '.'));
      --running;
    });
  std::map<std::uint32_t, unsigned> next;
  bool in_order = true;
  const auto take = [&](const RingRecord& record) {
    in_order &= args_of(record).starts_with(std::to_string(next[record.tid]++));
  };
  while (running != 0) reader.drain(false, take);
  for (std::thread& thread : threads) thread.join();
  reader.drain(true, take);
  CHECK(in_order);
  CHECK(reader.take_lost() == 0);
  for (unsigned thread = 1; thread <= kThreads; ++thread) CHECK(next[thread] == kEach);
}

TEST_CASE("ring: of a killed process all is read but what it was just writing") {
  const auto ring = make_ring();
  trace::RingWriter writer(*ring);
  RingReader reader(*ring);
  write(writer, 1, 0, "before");
  const std::uint64_t place = ring->reserved.load() / 8;
  write(writer, 2, 0, "torn");
  auto& head = ring->words[place];
  head.store(head.load() & ~TraceHead::kComplete);
  write(writer, 1, 0, "after");
  CHECK(drained(reader) == std::vector<std::string>{"before"});
  CHECK(drained(reader).empty());
  CHECK(drained(reader, true) == std::vector<std::string>{"after"});
  CHECK(reader.take_lost() == 1);
  ring->reserved += 64;  // killed before it could say what this is
  CHECK(drained(reader, true).empty());
  CHECK(reader.take_lost() == 1);
  CHECK(!reader.broken());
}

TEST_CASE("ring: one that was written over is given up, not believed") {
  const auto scribble = [](auto change) {
    const auto ring = make_ring();
    trace::RingWriter writer(*ring);
    RingReader reader(*ring);
    write(writer, 1, 0, "good");
    change(*ring);
    drained(reader);
    drained(reader, true);
    return reader.broken();
  };
  const auto with_size = [](std::uint32_t size, TraceKind kind = TraceKind::api) {
    return [size, kind](TraceRing& ring) { ring.words[0] = TraceHead{size, kind, true}.word(); };
  };
  CHECK(!scribble([](TraceRing&) {}));
  CHECK(scribble(with_size(12)));
  CHECK(scribble(with_size(0xffffffff)));
  CHECK(scribble(with_size(1 << 20, TraceKind::nothing)));
  CHECK(scribble([](TraceRing& ring) { ring.reserved = TraceRing::kSize + 8; }));
  CHECK(scribble([](TraceRing& ring) { ring.reserved = 3; }));
  CHECK(scribble([&](TraceRing& ring) {
    ring.reserved = TraceRing::kSize;
    ring.words[0] = TraceHead{kMaxTraceRecord + 8, TraceKind::api, true}.word();
  }));
}

TEST_CASE("ring: calls that go on are seen until they end") {
  const auto ring = make_ring();
  trace::RingWriter writer(*ring);
  TraceCall* const call =
      writer.begin(7, 70, "cuda", "a_name_that_is_longer_than_the_room_for_names");
  REQUIRE(call != nullptr);
  CHECK(call->tid == 7);
  CHECK(call->begin == 70);
  std::vector<TraceCall*> more;
  while (TraceCall* const next = writer.begin(8, 80, "nvml", "x")) more.push_back(next);
  CHECK(more.size() + 1 == ring->calls.size());
  writer.end(call);
  CHECK(writer.begin(9, 90, "cuda", "y") == call);
  writer.end(nullptr);
}

TEST_CASE("ring: the most memory of each GPU is kept") {
  const auto ring = make_ring();
  trace::RingWriter writer(*ring);
  writer.note_memory(5, 100);
  writer.note_memory(5, 50);
  writer.note_memory(6, 70);
  CHECK(ring->peaks[0].gpu == 5);
  CHECK(ring->peaks[0].bytes == 100);
  CHECK(ring->peaks[1].gpu == 6);
  CHECK(ring->peaks[1].bytes == 70);
}
