// A recorded trace, which may come from a stranger: what is taken prints and parses to the same
// again; all else throws std::runtime_error.

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>

#include "tracer/trace/jsonl.h"
#include "tracer/trace/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vgpu::tracer;
  std::istringstream file(std::string(reinterpret_cast<const char*>(data), size));
  try {
    read_jsonl(file, [](Event&& event, std::uint64_t) {
      print_text(event, {});
      const std::string line = print_json(event);
      const auto again = parse_json(line.substr(0, line.size() - 1));
      if (!again || again->fields != event.fields || again->kind != event.kind) std::abort();
    });
  } catch (const std::runtime_error&) {
    return 0;
  }
  return 0;
}
