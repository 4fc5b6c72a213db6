#include "tracer/trace/jsonl.h"

#include <doctest/doctest.h>

#include <sstream>
#include <vector>

#include "tracer/trace/names.h"

namespace vgpu::tracer {
namespace {

std::string error_of(const std::string& line) {
  try {
    parse_json(line);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("jsonl: every event with every key comes back as it was") {
  for (std::size_t i = 0; i < event_rows().size(); ++i) {
    Event event;
    event.kind = static_cast<EventKind>(i);
    event.time = 123456789012345;
    event.pid = 17;
    event.tid = 18;
    for (const Key key : event_rows()[i].keys) {
      const ValueType type = key_rows()[static_cast<std::size_t>(key)].type;
      if (type == ValueType::number) event.add(key, std::int64_t{-5});
      if (type == ValueType::text) event.add(key, std::string("a \"b\" \\ \n \x01 \xff \xc3\xa9"));
      if (type == ValueType::list) event.add(key, List{"", "x", "\xee\xbe\x80"});
    }
    const std::string line = print_json(event);
    REQUIRE(line.ends_with("\n"));
    const auto read = parse_json(line.substr(0, line.size() - 1));
    REQUIRE(read.has_value());
    CHECK(read->kind == event.kind);
    CHECK(read->time == event.time);
    CHECK(read->pid == event.pid);
    CHECK(read->tid == event.tid);
    CHECK(read->fields == event.fields);
  }
}

TEST_CASE("jsonl: a line is valid UTF-8 whatever the bytes are") {
  Event event;
  event.add(Key::path, std::string("/\xff\xfe"));
  CHECK(print_json(event) ==
        "{\"t\":0,\"pid\":0,\"tid\":0,\"event\":\"trace\",\"path\":\"/\\uefff\\ueffe\"}\n");
}

TEST_CASE("jsonl: what a later version added is left out") {
  CHECK_FALSE(parse_json(R"({"event":"of_tomorrow","t":1})").has_value());
  const auto event = parse_json(R"({"event":"exit","new":["a"],"newer":null,"status":3})");
  REQUIRE(event.has_value());
  CHECK(event->fields.size() == 1);
  CHECK(event->number(Key::status) == 3);
}

TEST_CASE("jsonl: hostile lines are errors that name the column") {
  CHECK(error_of("") == "column 1: '{' was expected");
  CHECK(error_of("[]") == "column 1: '{' was expected");
  CHECK(error_of("{}") == "column 1: no event");
  CHECK(error_of(R"({"event":"exit"} x)") == "column 18: something follows the object");
  CHECK(error_of(R"({"event":"exit","status":"x"})") ==
        "column 26: a whole number of 64 bits was expected");
  CHECK(error_of(R"({"event":"exit","status":1.5})") == "column 27: a whole number was expected");
  CHECK(error_of(R"({"event":"exit","status":1,"status":2})") ==
        "column 37: a field that is there already");
  CHECK(error_of(R"({"event":"exit","pid":-1})") == "column 23: no process has this number");
  CHECK(error_of(R"({"event":"exit)") == "column 15: a string without an end");
  CHECK(error_of(R"({"event":"exit","path":"\ud800"})") == "column 31: half a character");
  CHECK(error_of(R"({"event":"exit","x":{"y":1}})") ==
        "column 21: a whole number of 64 bits was expected");
}

TEST_CASE("jsonl: a file that was cut off is read up to there, and a bad line is named") {
  std::vector<std::uint64_t> lines;
  const auto note = [&](Event&&, std::uint64_t line) { lines.push_back(line); };
  std::istringstream cut("{\"event\":\"trace\"}\n{\"event\":\"exit\"}\n{\"event\":\"ex");
  CHECK(read_jsonl(cut, note) == 3);
  CHECK(lines == std::vector<std::uint64_t>{1, 2});
  std::istringstream bad("{\"event\":\"trace\"}\nnonsense\n");
  CHECK_THROWS_WITH(read_jsonl(bad, note), "line 2: column 1: '{' was expected");
}

}  // namespace vgpu::tracer
