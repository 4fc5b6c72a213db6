#include "story.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tracer/trace/jsonl.h"

namespace vgpu::explain {

const std::string kBareProgram =
    R"({"pid":1,"event":"trace","version":1,"argv":["app"],"engine":"notify","filter":"all","gpus":[]}
{"pid":10,"event":"process","parent":0,"how":"program"}
{"pid":10,"event":"exec","call":"execve","path":"/bin/app","resolved":"/bin/app","argv":["app"],"interpreter":"/lib64/ld-linux-x86-64.so.2","machine":"x86_64","libc":"glibc","result":0}
)";

const std::string kProgram = [] {
  std::string story = kBareProgram;
  story.replace(story.find("\"gpus\":[]"), 9, "\"gpus\":[\"T4, compute capability 7.5\"]");
  return story;
}();

const std::string kLoaded =
    kProgram +
    R"({"pid":10,"event":"file","call":"openat","path":"/lib/libcuda.so.1","real":0,"result":3}
{"pid":10,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.580.1","real":0,"machine":"x86_64"}
)";

std::unique_ptr<Facts> facts_of(std::string_view story, std::size_t most_programs, bool recorded) {
  auto facts = std::make_unique<Facts>(most_programs);
  std::int64_t line = 0;
  for (std::size_t at = 0; at < story.size();) {
    const std::size_t end = std::min(story.find('\n', at), story.size());
    const std::string_view text = story.substr(at, end - at);
    at = end + 1;
    if (text.empty()) continue;
    const auto comma = text.find(',');
    const std::string pid(text.substr(7, comma - 7));
    const auto event = tracer::parse_json(
        fmt::format("{{\"t\":{},\"tid\":{},{}", ++line * 1'000'000, pid, text.substr(1)));
    REQUIRE_MESSAGE(event.has_value(), std::string(text));
    facts->take(*event, recorded ? line : 0);
  }
  return facts;
}

std::string_view verdict_of(std::string_view story) {
  const auto verdicts = diagnose(*facts_of(story));
  return verdicts.empty() ? "none" : verdicts.front().row->id;
}

}  // namespace vgpu::explain
