#include "launcher/explain/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "story.h"

namespace vgpu::explain {
namespace {

/// Of the report on `story`.
std::string first_lines(std::string_view story, int count) {
  std::istringstream report(print_report(*facts_of(story)));
  std::string text;
  std::string line;
  while (count-- > 0 && std::getline(report, line)) text += line + '\n';
  return text;
}

std::string seed() {
  return kProgram + R"({"pid":11,"event":"process","parent":10,"how":"vfork"}
{"pid":11,"event":"exec","path":"/app/runner","argv":["/app/runner","--port","4711"],"env_set":["LD_LIBRARY_PATH=/app/lib"],"interpreter":"/lib/ld.so","machine":"x86_64","result":0}
{"pid":11,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.580.1","real":0}
{"pid":11,"event":"symbol","library":"libcuda.so.1","name":"cuInit","result":0}
{"pid":11,"event":"file","call":"access","path":"/app/lib/gpu.json","result":-2,"error":"ENOENT"}
{"pid":11,"event":"exit","status":0}
{"pid":10,"event":"exit","status":0}
)";
}

}  // namespace

TEST_CASE("report: the verdict, the process, the file and the step are in the first ten lines") {
  const std::string text = first_lines(seed(), 10);
  CAPTURE(text);
  CHECK(text.find("NOT USED [prerequisite-failed]") != text.npos);
  CHECK(text.find("runner --port 4711 (pid 11, /app/runner), started by app (pid") != text.npos);
  CHECK(text.find("/app/lib/gpu.json: ENOENT") != text.npos);
  CHECK(text.find("initialise the driver (cuInit); last done: resolve its symbols") != text.npos);
}

TEST_CASE("report: it is a screenful, whatever the guests were called") {
  std::string story = seed();
  for (int pid = 20; pid < 90; ++pid) {
    std::string more = seed().substr(seed().find("{\"pid\":11"));
    more = more.substr(0, more.rfind("{\"pid\":10"));
    for (std::size_t at = 0; (at = more.find("\"pid\":11", at)) != more.npos;)
      more.replace(at, 8, "\"pid\":" + std::to_string(pid));
    const auto name = more.find("/app/runner");
    more.insert(name, std::string(300, 'x') + std::to_string(pid));
    story += more;
  }
  const std::string report = print_report(*facts_of(story));
  CHECK(std::count(report.begin(), report.end(), '\n') < 80);
}

TEST_CASE("report: a guest's name moves no cursor") {
  std::string story = seed();
  const auto at = story.find("gpu.json");
  story.replace(at, 8, "\\u001b[2J\\n");
  const std::string report = print_report(*facts_of(story));
  CHECK(report.find('\x1b') == report.npos);
  CHECK(report.find("\\x1b[2J\\x0a") != report.npos);
}

TEST_CASE("report: places are times, and lines where there is a recorded trace") {
  const auto facts = facts_of(seed());
  CHECK(print_report(*facts).find("0.008 s: failed: /app/lib/gpu.json") != std::string::npos);
  const auto recorded = facts_of(seed(), 256, true);
  CHECK(print_report(*recorded).find("line 8 (0.008 s): failed:") != std::string::npos);
}

TEST_CASE("report: what could not be seen is said") {
  const std::string report =
      print_report(*facts_of(seed() + R"({"pid":10,"event":"lost","count":5,"why":"no room"})"));
  CHECK(report.find("5 events were lost") != report.npos);
  CHECK(print_report(Facts()).find("UNKNOWN") != std::string::npos);
}

TEST_CASE("report: docs/EXPLAIN.md lists the checks as the table has them") {
  std::ifstream file(VGPU_EXPLAIN_PAGE);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  CHECK_MESSAGE(page.find(print_checks()) != page.npos, print_checks());
}

}  // namespace vgpu::explain
