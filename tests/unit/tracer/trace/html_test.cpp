#include "tracer/trace/html.h"

#include <doctest/doctest.h>

#include <sstream>

#include "tracer/trace/jsonl.h"
#include "written.h"

namespace vgpu::tracer {
namespace {

constexpr std::string_view kEndOfElement = "</script>\n";

Event make(std::string path) {
  Event event;
  event.kind = EventKind::file;
  event.pid = event.tid = 7;
  return event.add(Key::call, "open").add(Key::path, std::move(path));
}

/// The part of a page that holds the events.
std::string events_of(const std::string& page) {
  REQUIRE(page.starts_with(page_before_events()));
  const std::size_t begin = page_before_events().size();
  const std::size_t end = page.find(kEndOfElement, begin);
  REQUIRE(end != std::string::npos);
  return page.substr(begin, end - begin);
}

std::vector<Event> read_back(const std::string& lines) {
  std::vector<Event> events;
  std::istringstream stream(lines);
  read_jsonl(stream,
             [&events](Event&& event, std::uint64_t) { events.push_back(std::move(event)); });
  return events;
}

}  // namespace

TEST_CASE("html: no text of a program can leave its place in the page") {
  std::vector<Event> events;
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const char* text : {"</script><script>alert(1)</script>", "<!--<script>", "-->", "]]>",
                           "\"'\\", "\xe2\x80\xa8", "</SCRIPT >", "\xff\xfe<", "\n</script\n"})
    events.push_back(make(text));
  events.push_back(make(all));
  const std::string lines = events_of(written(Format::html, events));
  CHECK(lines.find('<') == std::string::npos);
  const std::vector<Event> found = read_back(lines);
  REQUIRE(found.size() == events.size());
  for (std::size_t i = 0; i < events.size(); ++i)
    CHECK(found[i].text(Key::path) == events[i].text(Key::path));
}

TEST_CASE("html: a number that a script would round is written as text") {
  Event event = make("/x");
  event.add(Key::stream, std::int64_t{0x7fffffffffffffff}).add(Key::bytes, std::int64_t{1} << 52U);
  const std::string lines = events_of(written(Format::html, std::vector{event}));
  CHECK(lines.find("\"stream\":\"9223372036854775807\"") != std::string::npos);
  CHECK(lines.find("\"bytes\":4503599627370496") != std::string::npos);
}

TEST_CASE("html: the page asks for nothing, and allows itself nothing but what is in it") {
  const std::string_view page = page_before_events();
  CHECK(page.find("default-src 'none'") != std::string_view::npos);
  for (const char* word :
       {"http:", "https:", "src=", "url(", "@import", "<link", "fetch(", "innerHTML", "eval("}) {
    CAPTURE(word);
    CHECK(page.find(word) == std::string_view::npos);
  }
}

TEST_CASE("html: the diagnosis follows the events, and cannot leave its place either") {
  UniqueFd file(::memfd_create("page", MFD_CLOEXEC));
  Output output(UniqueFd(::dup(file.get())), true);
  Look look;
  look.diagnosis = [] { return std::string("never called </script>, see line 3\n"); };
  const auto sink = make_sink(Format::html, output, look);
  sink->take(make("/x"));
  sink->finish();
  output.finish(std::chrono::minutes(1));
  std::string page(page_before_events().size() + 1000, '\0');
  page.resize(static_cast<std::size_t>(::pread(file.get(), page.data(), page.size(), 0)));
  CHECK(page.ends_with(
      "<script type=\"application/json\" id=\"diagnosis-json\">"
      "\"never called \\u003c/script>, see line 3\\n\"</script>\n</body>\n</html>\n"));
}

}  // namespace vgpu::tracer
