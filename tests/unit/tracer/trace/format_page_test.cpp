// docs/TRACE_FORMAT.md has the tables that schema.def says. VGPU_WRITE_DOCS=1 writes them anew.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tracer/trace/jsonl.h"
#include "tracer/trace/names.h"

namespace vgpu::tracer {
namespace {

constexpr const char* kBegin = "<!-- made from tracer/trace/schema.def -->\n";
constexpr const char* kEnd = "<!-- end -->\n";

std::string make_tables() {
  std::string text =
      fmt::format("Version {}.\n\n| event | when | fields |\n|---|---|---|\n", kTraceVersion);
  for (const EventRow& row : event_rows()) {
    std::string keys;
    for (const Key key : row.keys) keys += (keys.empty() ? "" : ", ") + std::string(name_of(key));
    text += fmt::format("| {} | {} | {} |\n", row.name, row.meaning, keys);
  }
  text += "\n| field | type | meaning |\n|---|---|---|\n";
  constexpr const char* kTypes[] = {"number", "text", "list of texts"};
  for (const KeyRow& row : key_rows())
    text += fmt::format("| {} | {} | {} |\n", row.name, kTypes[static_cast<int>(row.type)],
                        row.meaning);
  return text;
}

}  // namespace

TEST_CASE("trace format: the page has the tables of the schema") {
  std::ifstream file(VGPU_TRACE_FORMAT_PAGE);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::size_t at = begin + std::string(kBegin).size();
  if (std::getenv("VGPU_WRITE_DOCS") != nullptr)
    std::ofstream(VGPU_TRACE_FORMAT_PAGE)
        << page.substr(0, at) << make_tables() << page.substr(end);
  else
    CHECK(page.substr(at, end - at) == make_tables());
}

TEST_CASE(
    "trace format: every example of the page is a line that is read, and nothing is unknown in "
    "it") {
  std::ifstream file(VGPU_TRACE_FORMAT_PAGE);
  int examples = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("    {")) continue;
    ++examples;
    const auto event = parse_json(line.substr(4));
    REQUIRE(event.has_value());
    CHECK(print_json(*event) == line.substr(4) + "\n");
    const auto keys = event_rows()[static_cast<std::size_t>(event->kind)].keys;
    for (const auto& [key, value] : event->fields)
      CHECK(std::find(keys.begin(), keys.end(), key) != keys.end());
  }
  CHECK(examples >= 5);
}

}  // namespace vgpu::tracer
