// Whether a recorded trace and its views say the same: compare_views JSONL TEXT PERFETTO HTML.
// Prints how many events of each kind all have, or the first event that a view tells otherwise.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/unit/tracer/trace/perfetto_reader.h"
#include "tracer/trace/jsonl.h"
#include "tracer/trace/names.h"
#include "tracer/trace/slice.h"
#include "tracer/trace/text.h"
#include "tracer/trace/utf8.h"

using namespace vgpu::tracer;

namespace {

std::string whole_file(const char* name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("{} cannot be read", name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Event> events_of(const std::string& lines) {
  std::vector<Event> events;
  std::istringstream stream(lines);
  read_jsonl(stream, [&](Event&& event, std::uint64_t) { events.push_back(std::move(event)); });
  return events;
}

[[noreturn]] void differ(std::string_view view, const Event& event, std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}: {}", view, what, print_json(event)));
}

// Text: a line for each event, with the call, its path, its outcome and how long it took.
void compare_text(const std::vector<Event>& events, const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  for (const Event& event : events) {
    if (!std::getline(lines, line)) differ("text", event, "no line for it");
    std::vector<std::string> said;
    if (const auto* path = event.find<std::string>(Key::path)) said.push_back(quote_text(*path));
    if (event.kind == EventKind::file || event.kind == EventKind::exec ||
        event.kind == EventKind::api) {
      said.push_back(std::string(event.text(Key::call)) + "(");
      said.emplace_back(event.text(Key::error));
      said.emplace_back(event.text(Key::answer));
      if (event.number(Key::result, -1) >= 0)
        said.push_back(fmt::format("= {}", event.number(Key::result)));
      if (const auto* time = event.find<std::int64_t>(Key::duration))
        said.push_back(print_seconds(*time));
    }
    for (const std::string& words : said)
      if (line.find(words) == std::string::npos)
        differ("text", event, fmt::format("{} is not in {}", words, line));
  }
  if (std::getline(lines, line)) throw std::runtime_error("text: a line too many: " + line);
}

// The page holds the very events. What stands in its source's way is a number that is text there.
void compare_html(const std::vector<Event>& events, const std::string& page) {
  const std::string mark = R"(id="lines">)"
                           "\n";
  const std::size_t begin = page.find(mark);
  const std::size_t end = page.find("</script>", begin);
  if (begin == std::string::npos || end == std::string::npos)
    throw std::runtime_error("html: no events");
  std::istringstream lines(page.substr(begin + mark.size(), end - begin - mark.size()));
  std::string line;
  for (const Event& event : events) {
    if (!std::getline(lines, line)) differ("html", event, "no line for it");
    const std::string found = line + "\n";
    std::string wanted = print_json(event);
    for (std::size_t at = 0; (at = wanted.find('<', at)) != std::string::npos;)
      wanted.replace(at, 1, "\\u003c");
    if (const auto* began = event.find<std::int64_t>(Key::began)) {
      const std::string number = fmt::format(R"("began":{})", *began);
      const std::size_t at = wanted.find(number);
      wanted.replace(at, number.size(), fmt::format(R"("began":"{}")", *began));
    }
    if (found != wanted) differ("html", event, "the page has " + found);
  }
  if (std::getline(lines, line)) throw std::runtime_error("html: a line too many: " + line);
}

PerfettoTrace::Annotation annotation_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return valid_utf8(*text);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  std::vector<std::string> list;
  for (const std::string& item : std::get<List>(value)) list.push_back(valid_utf8(item));
  return list;
}

bool is_same(const Event& event, const PerfettoTrace::Slice& slice) {
  if (slice.annotations.size() != event.fields.size()) return false;
  for (const auto& [key, value] : event.fields) {
    const auto found = slice.annotations.find(std::string(name_of(key)));
    if (found == slice.annotations.end() || found->second != annotation_of(value)) return false;
  }
  return true;
}

// Perfetto: one slice or moment for each, at its time, with all that the event says.
void compare_perfetto(const std::vector<Event>& events, const std::string& bytes) {
  const PerfettoTrace trace = read_perfetto(bytes);
  std::multimap<std::pair<std::string, std::int64_t>, const PerfettoTrace::Slice*> slices;
  std::size_t views = 0;
  for (const PerfettoTrace::Slice& slice : trace.slices) {
    slices.emplace(std::pair(slice.category, slice.begin), &slice);
    views += slice.category == "view" ? 1 : 0;
  }
  if (trace.slices.size() - views != events.size())
    throw std::runtime_error(
        fmt::format("perfetto: {} events, not {}", trace.slices.size() - views, events.size()));
  for (const Event& event : events) {
    const bool program = event.kind == EventKind::exec && event.number(Key::result) >= 0;
    const Span span = span_of(event);
    const auto [from, to] =
        slices.equal_range({std::string(name_of(event.kind)), program ? span.end : span.begin});
    auto found = from;
    while (found != to && !is_same(event, *found->second)) ++found;
    if (found == to) differ("perfetto", event, "not there, or otherwise");
    slices.erase(found);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) throw std::runtime_error("compare_views JSONL TEXT PERFETTO HTML");
  const std::vector<Event> events = events_of(whole_file(argv[1]));
  compare_text(events, whole_file(argv[2]));
  compare_perfetto(events, whole_file(argv[3]));
  compare_html(events, whole_file(argv[4]));
  std::map<std::string_view, int> kinds;
  for (const Event& event : events) ++kinds[name_of(event.kind)];
  for (const auto& [kind, count] : kinds) fmt::print("{} {}\n", kind, count);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
